import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.followups import Sequence
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.followups.conftest import sequence_of
from tests.studio import factories


def signed_in(app: Flask, email: str, *, owner: bool = False) -> FlaskClient:
    person = Person.at(email)
    if owner:
        person.make_owner()
    code, _ = SignInCode.issue(person)
    db.session.commit()
    client = app.test_client()
    client.post(f"/sign-in/{code.link_token}")
    return client


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    return signed_in(app, "owner@doctor.example.org", owner=True)


@pytest.fixture
def learner(app: Flask) -> FlaskClient:
    return signed_in(app, "learner@example.org")


def token_in(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


@pytest.fixture
def welcome(app: Flask) -> Sequence:
    """A sequence of three letters."""
    return sequence_of("welcome", {"slug": "one"}, {"slug": "two", "delay_hours": 76}, {"slug": "three"})


@pytest.fixture
def post(owner: FlaskClient):
    """Posts to a page of the studio with its token."""
    token = token_in(owner.get("/studio/sequences/new"))
    return lambda path, **fields: owner.post(f"/studio{path}", data={"csrf_token": token, **fields})


@pytest.fixture
def send(post):
    """Posts to the studio like `post`, with nothing read before or after."""

    def do(path, **fields):
        db.session.rollback()
        db.session.expire_all()
        answer = post(path, **fields)
        db.session.rollback()
        db.session.expire_all()
        return answer

    return do


@pytest.fixture
def robin(app):
    """A coach, and a kind of consultation to book with them."""
    factories.kind()
    coach = factories.coach()
    db.session.commit()
    return coach


@pytest.fixture
def issue(app, clock):
    issue = factories.issue("Ordinary joy")
    db.session.commit()
    return issue
