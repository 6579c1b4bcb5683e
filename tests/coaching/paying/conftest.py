"""A kind of consultation that has a price, and Stripe's stand-in to pay it at."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.fields import slot_value
from app.coaching.models import Consultation
from app.coaching.paying.models import ConsultationPayment
from app.extensions import db
from app.payments.refunds import Refund
from app.stripe_sandbox.server import SandboxServer
from tests.coaching.conftest import REQUEST
from tests.payments.conftest import later, stand_in, stripe
from tests.races import fresh_rows

__all__ = ["later", "stand_in", "stripe"]  # Fixtures of the payments.

PRICE = 15000


@pytest.fixture(autouse=True)
def frozen(later):
    """The clock of the site goes with Stripe's, which does not stand still."""
    return later


@pytest.fixture
def kind(offer) -> ConsultationKind:
    kind = ConsultationKind(slug="deep-dive", title="Deep dive", duration_minutes=60, price_cents=PRICE, position=9)
    db.session.add(kind)
    db.session.commit()
    return kind


class Desk:
    """What the tests do and ask, each in a transaction of its own, so that none stands in the way of a request."""

    def __init__(self, app: Flask, stripe: SandboxServer, kind: ConsultationKind, work: Callable[[], None]) -> None:
        self.app, self.stripe, self.kind_id, self.work = app, stripe, kind.id, work
        self.starts_at = (now() + timedelta(days=3)).replace(hour=14, minute=0, second=0, microsecond=0)

    def slot(self, hours: int = 0) -> str:
        """A time that is free at first, so many hours later."""
        return slot_value(self.starts_at + timedelta(hours=hours))

    def book(self, **changes: Any):
        data = REQUEST | {"kind": "deep-dive", "slot": self.slot()} | changes
        with fresh_rows():  # As in the world, where a request is over when it has been answered.
            return self.app.test_client().post("/coaching/book", data=data)

    def go_to_pay(self, **changes: Any) -> str:
        """Go as far as Stripe's page; the session's id."""
        answer = self.book(**changes)
        assert answer.status_code == 303, answer.text
        return str(answer.location).rpartition("/")[2]

    def come_back(self, session_id: str):
        return self.get(f"/coaching/checkout/complete?session_id={session_id}")

    def get(self, path: str):
        with fresh_rows():
            return self.app.test_client().get(path)

    def post(self, path: str, **data: str):
        with fresh_rows():
            return self.app.test_client().post(path, data=data)

    def hear(self, *event_ids: str, **how: Any) -> None:
        """Have Stripe deliver what it kept, or these events, and do what follows."""
        db.session.rollback()
        self.stripe.deliver(*event_ids, **how)
        self.work()
        db.session.rollback()

    @property
    def payments(self) -> list[ConsultationPayment]:
        with fresh_rows():
            payments = list(db.session.scalars(select(ConsultationPayment).order_by(ConsultationPayment.id)))
            return [payment for payment in payments if payment.consultation is not payment]

    @property
    def payment(self) -> ConsultationPayment:
        [payment] = self.payments
        return payment

    @property
    def consultations(self) -> list[Consultation]:
        with fresh_rows():
            theirs = select(Consultation).options(joinedload(Consultation.payment)).order_by(Consultation.id)
            return list(db.session.scalars(theirs))

    @property
    def states(self) -> list[str]:
        return [consultation.state for consultation in self.consultations]

    @property
    def booked(self) -> list[datetime]:
        """The starts of all reservations that are booked."""
        with fresh_rows():
            return list(db.session.scalars(select(ReservedTime.starts_at).where(ReservedTime.held_until.is_(None))))

    @property
    def is_free(self) -> bool:
        """Whether nobody has the time, or holds it."""
        with fresh_rows():
            standing = select(ReservedTime.id).where(ReservedTime.starts_at == self.starts_at, ReservedTime.stands())
            return db.session.scalar(standing) is None

    @property
    def owed(self) -> list[str]:
        """Why the site gives money back, each payment once."""
        with fresh_rows():
            return list(db.session.scalars(select(Refund.reason).order_by(Refund.id)))

    @property
    def given_back(self) -> int:
        """Cents that went back at Stripe."""
        charges = self.stripe.sandbox.store.all("charge")
        return sum(charge["amount_refunded"] for charge in charges)

    @property
    def books_balance(self) -> bool:
        """Whether each payment that was kept books a consultation, and each booked one of the kind was paid for."""
        with fresh_rows():
            payments = list(db.session.scalars(select(ConsultationPayment)))
            kept = {one.consultation_id for one in payments if one.paid_at and not one.is_given_back}
            standing = {one.id for one in self.consultations if one.booked_at and not one.cancelled_at}
            ticks = list(db.session.scalars(select(ReservedTick.tick)))
            return kept == standing and len(ticks) == len(set(ticks))


@pytest.fixture
def desk(app: Flask, stripe: SandboxServer, kind: ConsultationKind, work: Callable[[], None]) -> Desk:
    return Desk(app, stripe, kind, work)
