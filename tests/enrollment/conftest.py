"""The course on sale, and Stripe's stand-in reached over HTTP by the real library, sending to the site as served."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.serving import make_server

from app import clock as site_clock
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Cohort, Course, Module
from app.enrollment.orders import Order
from app.enrollment.stripe_events import StripeEvent
from app.extensions import db
from app.stripe_sandbox.refunds import create_refund
from app.stripe_sandbox.server import WEBHOOK_SECRET, SandboxServer

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


@pytest.fixture(scope="session")
def stand_in() -> Iterator[SandboxServer]:
    with SandboxServer(debit_seconds=7 * 86400, retry_seconds=()) as server:
        yield server


@pytest.fixture
def stripe(app: Flask, stand_in: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The stand-in, which keeps its events until told to `deliver` them to the site."""
    monkeypatch.setitem(app.config, "STRIPE_SECRET_KEY", stand_in.api_key)
    monkeypatch.setitem(app.config, "STRIPE_API_BASE", stand_in.base_url)
    monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    with served(app) as address:
        stand_in.reset()
        stand_in.set_chaos(drop=True)
        stand_in.send_webhooks_to(f"{address}/stripe/webhook")
        yield stand_in
        stand_in.reset()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The site on a port of its own, in threads of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
        """Whether the seats taken are those that orders hold, and each place in the course is held by a seat."""
        with fresh_rows():
            taken = db.session.scalar(select(func.sum(Cohort.seats_taken)))
            held = db.session.scalar(select(func.coalesce(func.sum(Order.seats_held), 0)))
            places = (
                select(Enrollment).join(Enrollment.order).where(Enrollment.ended_at.is_(None), Order.seats_held == 0)
            )
            return taken == held and db.session.scalar(places) is None


@contextmanager
def fresh_rows() -> Iterator[None]:
    """Rows as they stand now, to be read afterwards too, when no transaction is open that a request would wait for."""
    db.session.rollback()
    with current_app._get_current_object().app_context():
        yield


@pytest.fixture
def shop(app: Flask, stripe: SandboxServer, cohort: Cohort, work: Callable[[], None]) -> Shop:
    return Shop(app, stripe, cohort, work)


@pytest.fixture
def later(stripe: SandboxServer, monkeypatch: pytest.MonkeyPatch):
    """Puts the clocks of the site and of Stripe forward together."""
    ahead = timedelta()

    def advance(**by: float) -> None:
        nonlocal ahead
        ahead += timedelta(**by)
        stripe.advance(timedelta(**by).total_seconds())

    monkeypatch.setattr(site_clock, "_read", lambda: datetime.now(UTC) + ahead)
    return advance


def refund(stripe, **how: int) -> dict[str, Any]:
    """As the owner does in Stripe's dashboard."""
    [intent] = stripe.sandbox.store.all("payment_intent")
    with stripe.sandbox.transaction():
        return create_refund(stripe.sandbox, {"payment_intent": intent["id"], **how})


def at_once(number: int, act) -> list:
    """What `act(0)` to `act(number - 1)` return, each in a thread of its own, begun at the same moment."""
    results, barrier = [None] * number, threading.Barrier(number)

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = act(index)
        except Exception as problem:
            results[index] = problem

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def takes_less_than(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds
