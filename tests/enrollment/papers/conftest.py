"""Somebody whose place in the course is paid, and a reader of PDFs that is not the library which writes them."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.conftest import lacking

PAID = {
    "name": "Ada Lovelace",
    "amount_cents": 120000,
    "paid_cents": 120000,
    "currency": "usd",
    "seats": 1,
    "seats_held": 1,
    "payment_method": "Visa ending in 4242",
}


@pytest.fixture
def read() -> Callable[[bytes], str]:
    """The words of a PDF, as poppler finds them."""
    if not (program := shutil.which("pdftotext")):
        lacking("no pdftotext (Debian: poppler-utils) to read PDFs with")

    def words(pdf: bytes) -> str:
        found = subprocess.run([program, "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
        return found.stdout.decode()

    return words


def buy(cohort: Cohort, email: str = "ada@example.org", **columns) -> Order:
    order = Order(
        **PAID | {"person": Person.at(email), "cohort": cohort, "paid_at": datetime(2026, 11, 23, 15, tzinfo=UTC)}
        | columns
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    cohort.take_seats(order.seats_held)
    return order


def enroll(order: Order, email: str = "", name: str = "") -> Enrollment:
    """The place of the buyer, or of whoever has another address."""
    person = Person.at(email) if email else order.person
    person.take_name(name)
    place = Enrollment(order=order, person=person, cohort=order.cohort)
    db.session.add(place)
    db.session.commit()
    return place


@pytest.fixture
def place(cohort: Cohort) -> Enrollment:
    cohort.course.credit_statement = "No CME credit is offered for this course."
    return enroll(buy(cohort))


def sign_in(client: FlaskClient, email: str = "ada@example.org") -> FlaskClient:
    code, _ = SignInCode.issue(Person.at(email))
    db.session.commit()
    assert client.post(f"/sign-in/{code.link_token}").status_code == 303
    return client
