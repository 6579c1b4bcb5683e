from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from app import outbox
from app.extensions import db
from app.outbox.models import Email
from app.people.models import Person

TEMPLATES = {
    "emails/tests/note.subject.txt": "A note for {{ name }}",
    "emails/tests/note.txt": "Dear {{ name }},\n\n.\nA line of one dot is above, and ünïcödé is here.\n",
    "emails/tests/note.html": "<html><head><style>p { color: #0f4c45 } @media (prefers-color-scheme: dark) "
    "{ p { color: #7cc9b5 } }</style></head><body><p>Dear {{ name }}</p></body></html>",
}


@pytest.fixture(autouse=True)
def note_template(app: Flask) -> Iterator[None]:
    """A template of the tests' own, beside the site's."""
    before = app.jinja_env.loader
    app.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), before])
    yield
    app.jinja_env.loader = before


@pytest.fixture
def note(app: Flask):
    """Posts a note to somebody."""

    def post(address="ada@example.org", name="Ada", expires_at=None):
        email = outbox.post(to=Person.at(address), template="tests/note", expires_at=expires_at, name=name)
        db.session.commit()
        return email

    return post


def email_now(email):
    db.session.rollback()
    return db.session.get_one(Email, email.id, populate_existing=True)
