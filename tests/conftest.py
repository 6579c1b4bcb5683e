"""Fixtures every slice's tests use: the site on both databases, its queue, its clock, its mail."""

import gc
import ipaddress
import itertools
import os
import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask, g, request_tearing_down
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event, select

from app import asking, outside
from app import clock as site_clock
from app.extensions import db, limiter, queue
from app.extensions import mail as site_mail
from app.outbox import Email
from app.people.suppressions import SuppressionKey
from app.publishing import ContentVersion
from tests.name_server import NameServer
from tests.sites import DATABASES, new_database, running
from tests.smtp_server import MailServer
from tests.web_server import WebServer

# The site never counts its content version back: a watching thread would take the number it knows for no change.
versions = itertools.count(1, 1000)


def lacking(what: str) -> None:
    """Skip for want of `what`."""
    pytest.skip(what)


def redis_url() -> str:
    """A database of Redis that no other process of these tests uses."""
    if not (url := os.environ.get("TEST_REDIS_URL")):
        lacking("TEST_REDIS_URL is not set: no Redis to test on")
    server, _, number = url.rpartition("/")
    process = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{server}/{int(number) + int(process)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip, whoever asks for it, is a failure where everything is required: no suite looks green half run."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1":
        report.outcome, report.longrepr = "failed", f"REQUIRE_ALL=1, but this was skipped: {report.longrepr}"
    return report


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not look through it again and again."""
    gc.freeze()


def pytest_configure() -> None:
    event.listen(Engine, "connect", _wait_for_no_disk)


def _wait_for_no_disk(connection: object, _record: object) -> None:
    """No test cuts the power. The PostgreSQL of CI does not wait for the disk either."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session", params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql" and not os.environ.get("TEST_POSTGRES_URL"):
        lacking("TEST_POSTGRES_URL is not set: no PostgreSQL to test on")
    return str(request.param)


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Flask]]:
    """The site on a kind of database, with its tables, empty; built once, as every file of tests asks for each."""
    with ExitStack() as opened:

        @cache
        def on(kind: str) -> Flask:
            url = opened.enter_context(new_database(kind, tmp_path_factory.mktemp("database")))
            app = opened.enter_context(running(url, tmp_path_factory.mktemp("instance")))
            app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(_shared_folder(tmp_path_factory)))
            flask_migrate.upgrade()
            return app

        yield on


@pytest.fixture(scope="session")
def site(database_kind: str, sites: Callable[[str], Flask]) -> Flask:
    return sites(database_kind)


@pytest.fixture(scope="session")
def database_url(site: Flask) -> str:
    return str(site.config["SQLALCHEMY_DATABASE_URI"])


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of this run, so that each template is compiled once."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "templates"
    folder.mkdir(exist_ok=True)
    return folder


def _forget_the_visitor(_sender: Flask, **_: object) -> None:
    """Flask lends a test's requests the app context around them; who was there in one is not there in the next."""
    for name in list(g):
        g.pop(name)


def _empty_all_tables() -> None:
    """Only those that hold something: of some seventy, a test writes into a few."""
    with db.engine.begin() as connection:
        for (name,) in connection.exec_driver_sql(_filled_tables()).all():
            connection.exec_driver_sql(f'DELETE FROM "{name}"')


@cache
def _filled_tables() -> str:
    """The query for them, those first that refer to others."""
    names = [table.name for table in reversed(db.metadata.sorted_tables)]
    return " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)


@pytest.fixture
def app(site: Flask) -> Iterator[Flask]:
    """The site, its tables empty, inside an app context of its own."""
    queue.init_app(site)
    limiter.enabled = False
    site.extensions["page_cache"].forget_all()
    with site.app_context(), request_tearing_down.connected_to(_forget_the_visitor, site):
        db.session.merge(ContentVersion(id=1, number=next(versions)))
        db.session.merge(SuppressionKey(id=1, key="a key for tests"))
        db.session.commit()
        yield site
        db.session.rollback()
        _empty_all_tables()
    if deliverer := site.extensions.pop("outbox", None):
        deliverer.pool.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def limits() -> Iterator[None]:
    """Turns the rate limits on, from zero. Name it after `app` or `client`."""
    limiter.enabled = True
    limiter.reset()
    yield
    limiter.enabled = False


class Clock:
    """The site's clock, standing still until told to move."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    frozen = Clock(datetime.fromisoformat("2026-11-23T09:00:00+00:00"))
    monkeypatch.setattr(site_clock, "_read", frozen)
    return frozen


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """Does everything on the queue, as the worker would."""

    def do_all() -> None:
        db.session.rollback()  # On SQLite, what the test still has open would keep the tasks waiting.
        while task := queue.dequeue():
            queue.execute(task)

    return do_all


class Mail:
    """What the outbox holds, oldest first."""

    @property
    def all(self) -> list[Email]:
        db.session.rollback()
        return list(db.session.scalars(select(Email).order_by(Email.id)))

    @property
    def recipients(self) -> list[str]:
        return [email.to_address for email in self.all]

    def to(self, address: str, template: str | None = None) -> list[Email]:
        return [email for email in self.all if email.to_address == address and template in (None, email.template)]


@pytest.fixture
def mail(app: Flask) -> Mail:
    return Mail()


@pytest.fixture
def mail_server(app: Flask) -> Iterator[MailServer]:
    """A mail server, and the site told to use it."""
    server = MailServer().start()
    before = app.config["MAIL_SERVER"], app.config["MAIL_PORT"]
    use_mail_server(app, "127.0.0.1", server.port)
    yield server
    server.stop()
    use_mail_server(app, *before)


def use_mail_server(app: Flask, host: str | None, port: int) -> None:
    app.config.update(MAIL_SERVER=host, MAIL_PORT=port)
    site_mail.init_app(app)


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """The one that the site asks."""
    server = NameServer().start()
    monkeypatch.setattr(outside, "resolver", server.resolver)
    yield server
    server.stop()


@pytest.fixture
def web(name_server: NameServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A web server, at http://shop.example.org and its port, that the site may ask though it is on this machine."""
    server = WebServer().start()
    name_server.records["shop.example.org", "A"] = ["127.0.0.1"]
    monkeypatch.setattr(asking, "PORTS", frozenset({80, 443, server.port}))
    monkeypatch.setattr(asking, "INSIDE_ALLOWED", (ipaddress.ip_network("127.0.0.1/32"),))
    yield server
    server.stop()


@pytest.fixture
def queries(app: Flask) -> Callable:
    """Counts the statements sent to the database within a `with`."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection, _cursor, statement, *_):
            sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        yield sent
        event.remove(db.engine, "before_cursor_execute", note)

    return counting
