"""The site, on databases of either kind that nobody else uses."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask
from sqlalchemy.engine import make_url

from app import config, create_app
from app.extensions import db

DATABASES = ("sqlite", "postgresql")


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database with nothing in it, gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/site.db"
        return
    server = make_url(os.environ["TEST_POSTGRES_URL"]).set(drivername="postgresql")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def running(database_url: str, instance: Path) -> Iterator[Flask]:
    """The site on this database, in an app context, and everything it opened closed again."""
    settings = config.load(
        {
            "INSTANCE_PATH": str(instance),
            "DATABASE_URL": database_url,
            "SITE_URL": "http://localhost:8000",
            "SECRET_KEY": "a secret for tests, long enough to pass",
            "MAIL_DEFAULT_SENDER": "The Developing Doctor <hello@doctor.example.org>",
            "OWNER_EMAIL": "owner@doctor.example.org",
        }
    )
    app = create_app(settings | {"QUEUE_URL": "memory:", "TESTING": True})
    with app.app_context():
        yield app
        app.extensions["page_cache"].watch.stop()
        db.session.remove()
        db.engine.dispose()
