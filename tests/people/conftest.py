import re
from collections.abc import Callable

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app.extensions import db
from app.people.models import Person


@pytest.fixture
def ada(app: Flask) -> Person:
    person = Person.at("ada@example.org")
    db.session.commit()
    return person


class Inbox:
    """What one address was sent to sign in with."""

    def __init__(self, mail, address: str) -> None:
        self.mail, self.address = mail, address

    @property
    def mails(self) -> list:
        return self.mail.to(self.address, "people/sign_in_link")

    @property
    def link(self) -> str:
        return re.search(r"http://localhost:8000(/sign-in/\S+)", self.mails[-1].body)[1]

    @property
    def digits(self) -> str:
        return re.search(r"^(\d{3}) (\d{3})$", self.mails[-1].body, re.M).expand(r"\1\2")


@pytest.fixture
def inbox(mail) -> Callable[[str], Inbox]:
    return lambda address: Inbox(mail, address)


@pytest.fixture
def sign_out(client) -> Callable[[], object]:
    """Sends the sign-out form with the token of the session."""

    def post():
        with client.session_transaction() as session:
            session["csrf_token"] = "raw"
        with client.application.test_request_context():
            token = URLSafeTimedSerializer(client.application.secret_key, salt="wtf-csrf-token").dumps("raw")
        return client.post("/sign-out", data={"csrf_token": token})

    return post
