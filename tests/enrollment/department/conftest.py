"""Three seats of Spring, bought by Ada for her ward."""

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import Row, select

from app.enrollment.cohorts import Cohort
from app.enrollment.department.models import Seat
from app.extensions import db
from tests.races import fresh_rows

BUYER = "ada@example.org"


class Department:
    """What the tests do with it, each in a transaction of its own."""

    def __init__(self, app: Flask, path: str) -> None:
        self.app, self.path = app, path

    def get(self, address: str = ""):
        with fresh_rows():
            return self.app.test_client().get(address or self.path)

    def post(self, address: str, **typed: str):
        with fresh_rows():
            return self.app.test_client().post(address, data=typed)

    def invite(self, addresses: str):
        return self.post(f"{self.path}/invitations", addresses=addresses)

    def reassign(self, position: int):
        return self.post(f"{self.path}/seats/{position}/reassignment")

    def free(self, position: int, place: int | None):
        return self.post(f"{self.path}/seats/{position}/release", place=str(place))

    def claim(self, link: str, email: str = "grace@example.org", name: str = "Grace Hopper"):
        return self.post(link, name=name, email=email)

    @property
    def links(self) -> list[str]:
        """Those that claim the seats nobody has claimed, as the page shows them."""
        return re.findall(r'value="http://localhost:8000(/course/seats/[^"]+)"', self.get().text)

    @property
    def seats(self) -> list[Seat]:
        with fresh_rows():
            return list(db.session.scalars(select(Seat).order_by(Seat.position)))

    @property
    def claimed(self) -> list[int]:
        return [seat.position for seat in self.seats if seat.enrollment_id]


def cohort(name: str = "Spring") -> Row[tuple[int, date, date]]:
    with fresh_rows():
        columns = select(Cohort.id, Cohort.starts_on, Cohort.ends_on)
        return db.session.execute(columns.where(Cohort.name == name)).one()


def path_in(letter, kind: str) -> str:
    """The address of one kind that a letter holds."""
    [path] = set(re.findall(rf"http://localhost:8000(/course/{kind}/\S+)", letter.body))
    return path


@pytest.fixture
def department(app, shop, stripe, mail) -> Department:
    stripe.pay(shop.buy(seats="3", organization="Ward Nine"))
    shop.hear()
    [letter] = mail.to(BUYER)
    assert letter.template == "enrollment/department_ready"
    return Department(app, path_in(letter, "department"))
