"""A site with its tables on each kind of database this machine has, and many subscribers to put into it."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import flask_migrate
from flask import Flask, g, request_tearing_down
from sqlalchemy import text

from app.clock import now
from app.extensions import db, take_as_long_as_needed
from tests.sites import DATABASES, new_database, running

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
PEOPLE = f"""INSERT INTO person (email, name, active, fs_uniquifier, created_at) {NUMBERS}
SELECT 'reader' || i || '@example.org', 'Reader ' || i, true, 'reader' || i, :at FROM n"""
# Of the states that few are in, all are among the oldest: the newest page of one is then the hardest to find.
SUBSCRIPTIONS = """INSERT INTO subscription
(person_id, requested_at, confirmed_at, unsubscribed_at, suppressed_at, source, career_stage, time_zone)
SELECT id, :at, CASE WHEN id BETWEEN 60 AND 90 THEN NULL ELSE :at END, CASE WHEN id < 30 THEN :at END,
CASE WHEN id BETWEEN 30 AND 59 THEN :at END, '/', '', '' FROM person WHERE fs_uniquifier LIKE 'reader%'"""


def kinds() -> list[str]:
    return [kind for kind in DATABASES if kind == "sqlite" or os.environ.get("TEST_POSTGRES_URL")]


@contextmanager
def site_on(kind: str) -> Iterator[Flask]:
    """The site on a fresh database, in an app context."""
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        new_database(kind, Path(folder)) as url,
        running(url, Path(folder) / "instance") as app,
        request_tearing_down.connected_to(_forget_visitor, app),
    ):
        logging.disable()
        flask_migrate.upgrade()
        yield app


def _forget_visitor(_sender: Flask, **_: object) -> None:
    """Requests made within an app context share it, and with it who they think is there."""
    for name in list(g):
        g.pop(name)


def subscribe(count: int) -> None:
    """Put that many subscribers into an empty site."""
    take_as_long_as_needed()
    for statement in (PEOPLE, SUBSCRIPTIONS):
        db.session.execute(text(statement), {"count": count, "at": now().replace(tzinfo=None)})
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
