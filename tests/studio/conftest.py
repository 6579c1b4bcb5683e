import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode


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
