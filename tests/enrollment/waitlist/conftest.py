"""A cohort whose seats are all taken, and people who get in line for one."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import joinedload

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.people.models import Person
from tests.conftest import Mail
from tests.enrollment.conftest import Shop
from tests.races import fresh_rows

ADA = "ada@example.org"


class Line:
    """What people do who wait, and how it stands, each in a transaction of its own."""

    def __init__(self, app: Flask, shop: Shop, mail: Mail, work: Callable[[], None]) -> None:
        self.app, self.shop, self.mail, self.work = app, shop, mail, work

    def ask(self, email: str = ADA, **changes: object):
        data = {"cohort": self.shop.cohort_id, "name": "Ada Lovelace", "email": email} | changes
        with fresh_rows():
            return self.app.test_client().post("/course/waitlist", data=data)

    def link(self, email: str = ADA, template: str = "enrollment/waitlist_asked") -> str:
        letter = self.mail.to(email, template)[-1]
        [found] = set(re.findall(r"http://localhost:8000(/course/waitlist/\S+)", letter.body))
        assert f'href="http://localhost:8000{found}"' in letter.html
        return found

    def join(self, email: str = ADA) -> str:
        """Get in line by the mailed link; the link."""
        assert self.ask(email).status_code == 303
        link = self.link(email)
        assert self.post(link, "confirmation").status_code == 303
        return link

    def offered(self, email: str = ADA) -> str:
        """Get in line and be offered the one seat there is; the link."""
        link = self.join(email)
        self.free()
        assert self.entry(email).state == "offered"
        return link

    def post(self, link: str, what: str, **data: str):
        with fresh_rows():
            return self.app.test_client().post(f"{link}/{what}", data=data)

    def page(self, link: str) -> str:
        with fresh_rows():
            return self.app.test_client().get(link).text

    def enroll(self, link: str, name: str = "Ada Lovelace"):
        return self.post(link, "checkout", name=name)

    def free(self, number: int = 1) -> None:
        """Let an order of somebody's be over, and do what follows at once."""
        with fresh_rows():
            orders = db.session.scalars(select(Order).where(Order.seats_held > 0, Order.name == "Somebody"))
            for order in orders.all()[:number]:
                Order.for_update(order.id).expire()
            db.session.commit()
        self.work()

    def entry(self, email: str = ADA) -> WaitlistEntry:
        with fresh_rows():
            found = select(WaitlistEntry).join(WaitlistEntry.person).where(Person.email == email)
            found = found.options(joinedload(WaitlistEntry.order)).order_by(WaitlistEntry.id.desc())
            entry = db.session.scalars(found).first()
            assert entry is not None
            return entry

    def states(self) -> list[str]:
        """In the order of the line."""
        with fresh_rows():
            return [entry.state for entry in db.session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id))]

    @property
    def counts(self) -> tuple[int, int]:
        """Seats taken, and people who wait."""
        with fresh_rows():
            cohort = db.session.get_one(Cohort, self.shop.cohort_id)
            return cohort.seats_taken, cohort.seats_awaited

    def crowd(self, number: int) -> None:
        """So many who have confirmed already, first come first."""
        with fresh_rows():
            db.session.execute(insert(Person), [{"email": f"p{n}@example.org", "name": ""} for n in range(number)])
            ids = db.session.scalars(select(Person.id).where(Person.email.like("p%")).order_by(Person.id)).all()
            rows = [
                {"cohort_id": self.shop.cohort_id, "person_id": id, "name": "P", "confirmed_at": now()} for id in ids
            ]
            db.session.execute(insert(WaitlistEntry), rows)
            db.session.execute(
                update(Cohort)
                .where(Cohort.id == self.shop.cohort_id)
                .values(seats_awaited=Cohort.seats_awaited + number)
            )
            db.session.commit()


@pytest.fixture
def line(app: Flask, shop: Shop, mail: Mail, work: Callable[[], None]) -> Line:
    """Its cohort has 3 seats, and an order of somebody's holds each."""
    with fresh_rows():
        cohort = Cohort.for_update(shop.cohort_id)
        for number in range(3):
            person = Person(email=f"somebody{number}@example.org")
            order = Order(person=person, cohort=cohort, name="Somebody", seats_held=0, amount_cents=0, currency="usd")
            db.session.add(order)
            db.session.flush()
            order.hold()
        db.session.commit()
    work()
    return Line(app, shop, mail, work)
