"""The course on sale."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course, Module
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.payments.stripe_events import StripeEvent
from app.stripe_sandbox.server import SandboxServer
from tests.payments.conftest import later, stand_in, stripe
from tests.races import fresh_rows

__all__ = ["later", "stand_in", "stripe"]  # Fixtures of the payments that an order needs.

BUYER = {"name": "Ada Lovelace", "email": "ada@example.org", "seats": "1"}


@pytest.fixture
def course(app: Flask) -> Course:
    course = Course(
        slug="leading",
        title="Leading in Medicine",
        lede="Lead without a title.",
        description="Six live modules.",
        price_cents=120000,
        currency="usd",
        live_minutes=720,
        learn=["Lead a change"],
        question_slugs=[],
        refund_policy="A full refund until 14 days before.",
        body="## Who it is for\n\nPhysicians.",
    )
    course.modules = [
        Module(slug="one", position=1, title="Leading Without Title", summary="Begin.", body="Secret text.")
    ]
    course.cohorts = [a_cohort("Spring", 100), a_cohort("Autumn", 300)]
    db.session.add(course)
    db.session.commit()
    return course


def a_cohort(name: str, days_ahead: int, seats: int = 3) -> Cohort:
    starts_on = date.today() + timedelta(days=days_ahead)
    return Cohort(
        name=name,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=42),
        time_zone="America/New_York",
        sessions="Tuesdays, 7:30 p.m.",
        seats=seats,
        seats_taken=0,
    )


@pytest.fixture
def cohort(course: Course) -> Cohort:
    return course.cohorts[0]


class Shop:
    """What the tests do and ask, each in a transaction of its own, so that none stands in the way of a request."""

    def __init__(self, app: Flask, stripe: SandboxServer, cohort: Cohort, work: Callable[[], None]) -> None:
        self.app, self.stripe, self.cohort_id, self.work = app, stripe, cohort.id, work

    def buy(self, client: FlaskClient | None = None, **changes: str) -> str:
        """Go as far as Stripe's page; the session's id."""
        answer = self.start(client, **changes)
        assert answer.status_code == 303, answer.text
        return str(answer.location).rpartition("/")[2]

    def start(self, client: FlaskClient | None = None, **changes: str):
        client = client or self.app.test_client()
        with fresh_rows():  # As in the world, where a request is over when it has been answered.
            return client.post("/course/checkout", data=BUYER | {"cohort": str(self.cohort_id)} | changes)

    def come_back(self, session_id: str):
        with fresh_rows():
            return self.app.test_client().get(f"/course/checkout/complete?session_id={session_id}")

    def hear(self, *event_ids: str, **how: Any) -> list[dict[str, Any]]:
        """Have Stripe deliver what it kept, or these events, and do what follows; the deliveries."""
        db.session.rollback()
        made = self.stripe.deliver(*event_ids, **how)
        self.work()
        db.session.rollback()
        return made

    @property
    def order(self) -> Order:
        [order] = self.orders
        return order

    @property
    def orders(self) -> list[Order]:
        with fresh_rows():
            return list(db.session.scalars(select(Order).order_by(Order.id)))

    @property
    def enrollments(self) -> list[Enrollment]:
        with fresh_rows():
            return list(db.session.scalars(select(Enrollment).where(Enrollment.ended_at.is_(None))))

    @property
    def events(self) -> list[StripeEvent]:
        with fresh_rows():
            return list(db.session.scalars(select(StripeEvent)))

    @property
    def seats_taken(self) -> int:
        with fresh_rows():
            return db.session.scalar(select(Cohort.seats_taken).where(Cohort.id == self.cohort_id))

    @property
    def books_balance(self) -> bool:
        """Whether each cohort's seats are those that orders, moved places and offers of the waiting list hold, a seat
        holds each place, and each person in line is counted.
        """
        with fresh_rows():
            held, places = Counter[int](), Counter[int]()
            for order in db.session.scalars(select(Order)):
                held[order.cohort_id] += order.seats_held
            for place in db.session.scalars(select(Enrollment).where(Enrollment.ended_at.is_(None))):
                if place.cohort_id == place.order.cohort_id:
                    places[place.order_id] += 1
                else:
                    held[place.cohort_id] += 1
            waiting = Counter[int]()
            for entry in db.session.scalars(select(WaitlistEntry)):
                held[entry.cohort_id] += entry.holds_seat
                waiting[entry.cohort_id] += entry.state == "waiting"
            if any(cohort.seats_awaited != waiting[cohort.id] for cohort in db.session.scalars(select(Cohort))):
                return False
            orders = {order.id: order.seats_held for order in db.session.scalars(select(Order))}
            taken = {row.id: row.seats_taken for row in db.session.execute(select(Cohort.id, Cohort.seats_taken))}
            return all(taken[cohort] == held[cohort] for cohort in taken) and all(
                places[order] <= orders[order] for order in places
            )


@pytest.fixture
def shop(app: Flask, stripe: SandboxServer, cohort: Cohort, work: Callable[[], None]) -> Shop:
    return Shop(app, stripe, cohort, work)
