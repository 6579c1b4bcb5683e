import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.extensions import db, limiter, queue
from app.hub.models import ExternalLink
from app.web import content_watch, page_cache
from app.web import logging as site_logging
from tests.web import pages

LOOKS_EVERY_SECONDS = content_watch.EVERY_SECONDS


def build(site: Flask, **settings: object) -> Flask:
    """A second site on the same database, with the tests' pages, answering as it would in production."""
    app = create_app(dict(site.config) | {"TESTING": False, "PROPAGATE_EXCEPTIONS": False} | settings)
    pages.add_pages(app)
    queue.init_app(site)  # The queue serves one app; this one is only looked at.
    limiter.enabled = False
    return app


def close(app: Flask) -> None:
    app.extensions["page_cache"].watch.stop()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def second_sites() -> Iterator[Callable[[Flask], Flask]]:
    """One beside each site, built once.

    Their threads do not look for changes, of which every test makes some: they would forget pages at any moment.
    """
    with ExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(content_watch, "EVERY_SECONDS", 3600)

        @functools.cache
        def beside(site: Flask) -> Flask:
            app = build(site)
            opened.callback(close, app)
            return app

        yield beside


@pytest.fixture
def second_site(site: Flask, second_sites: Callable[[Flask], Flask]) -> Flask:
    return second_sites(site)


@pytest.fixture
def web(app: Flask, second_site: Flask) -> FlaskClient:
    """A visitor without cookies, on a site whose page cache is empty."""
    second_site.extensions["page_cache"].forget_all()
    pages.rendered.clear()
    for event in (pages.gate, pages.inside, pages.broken):
        event.clear()
    return second_site.test_client(use_cookies=False)


@pytest.fixture
def cache(web: FlaskClient) -> page_cache.PageCache:
    return web.application.extensions["page_cache"]


@pytest.fixture
def another_site(site: Flask, web: FlaskClient) -> Iterator[Callable[..., FlaskClient]]:
    """Builds a site with other settings and gives a visitor of it."""
    made = []

    def visit(**settings: object) -> FlaskClient:
        made.append(build(site, **settings))
        return made[-1].test_client()

    yield visit
    for app in made:
        close(app)
    site_logging.write_lines(site)


@pytest.fixture
def publish(app: Flask) -> Callable[[str], None]:
    """Publishes a link, as the owner would."""

    def publish(title: str) -> None:
        db.session.add(ExternalLink(slug=title, title=title, url="https://x.example.org", organization="X", summary=""))
        db.session.commit()

    return publish


@pytest.fixture
def watching(another_site: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A visitor of a site that looks for changes, as it does in production."""
    monkeypatch.setattr(content_watch, "EVERY_SECONDS", LOOKS_EVERY_SECONDS)
    return another_site()
