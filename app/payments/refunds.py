"""Refunds the site itself owes: a payment that came too late for what was wanted, or twice, or for what was called off.

A Refund is the debt, told to Stripe by a task once it has been committed.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db, enqueue_after_commit, queue
from app.payments import stripe_gateway
from app.payments.purchases import Purchase
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
OWED = text("sent_at IS NULL")


class Refund(Model):
    """A payment to give back in full, owed until Stripe has taken the order to do so. One for each payment."""

    __table_args__ = (Index("ix_refund_owed", "due_at", sqlite_where=OWED, postgresql_where=OWED),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # The public id of the purchase: a payment made by mistake stands nowhere else in our books.
    reference: Mapped[str] = mapped_column(String(32), index=True)
    stripe_payment_intent_id: Mapped[str] = mapped_column(String(255), unique=True)
    reason: Mapped[str] = mapped_column(String(20))
    owed_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    keys_spent: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    stripe_refund_id: Mapped[str | None] = mapped_column(String(255))

    @classmethod
    def owe(cls, purchase: Purchase, payment_intent_id: str | None, reason: str) -> bool:
        """Owe this payment, and pay it back once that is committed; False if it was known. Lock the purchase first."""
        if payment_intent_id is None:
            log.error("purchase %s: %s, and nothing to give back", purchase.number, reason)
            return False
        if cls.of(payment_intent_id):
            return False
        refund = cls(reference=purchase.public_id, stripe_payment_intent_id=payment_intent_id, reason=reason)
        db.session.add(refund)
        db.session.flush()
        enqueue_after_commit(send_refund, refund.id)
        return True

    @classmethod
    def of(cls, payment_intent_id: str | None) -> "Refund | None":
        return db.session.scalar(select(cls).filter_by(stripe_payment_intent_id=payment_intent_id))

    @classmethod
    def for_update(cls, refund_id: int) -> "Refund":
        return db.session.get_one(cls, refund_id, with_for_update=True, populate_existing=True)

    @classmethod
    def due(cls) -> "list[int]":
        return list(db.session.scalars(select(cls.id).where(cls.sent_at.is_(None), cls.due_at <= now()).limit(100)))

    @property
    def idempotency_key(self) -> str:
        """The same at every attempt, so that a lost answer is heard again; another once Stripe keeps an error there."""
        return f"refund-{self.stripe_payment_intent_id}-{self.keys_spent}"

    def mark_sent(self, stripe_refund_id: str) -> None:
        self.sent_at, self.stripe_refund_id, self.last_error = now(), stripe_refund_id, ""
        self.attempts += 1

    def try_again_later(self, problem: str, key_spent: bool = False) -> None:
        self.keys_spent += key_spent
        self.due_at = now() + min(FIRST_RETRY * 2 ** min(self.attempts, 10), LONGEST_WAIT)
        self.attempts, self.last_error = self.attempts + 1, problem


@queue.task()
def send_refund(refund_id: int) -> None:
    """Run twice, or at once, it gives back once: Stripe keeps one refund under the key, and none beyond the payment."""
    with suppress(GatewayUnavailable):
        pay_back(refund_id)


def pay_back(refund_id: int) -> None:
    """Send a refund, or keep it for another try. Commits. Raises GatewayUnavailable after that."""
    refund = db.session.get_one(Refund, refund_id)
    payment, reference, key = refund.stripe_payment_intent_id, refund.reference, refund.idempotency_key
    db.session.commit()
    if refund.sent_at:
        return
    try:
        sent = stripe_gateway.refund_payment(payment, reference, key)
    except (GatewayUnavailable, GatewayRefused) as problem:
        Refund.for_update(refund_id).try_again_later(str(problem), getattr(problem, "key_spent", False))
        db.session.commit()
        log.error("refund %s waits: %s", refund_id, problem)
        if isinstance(problem, GatewayUnavailable):
            raise
    else:
        Refund.for_update(refund_id).mark_sent(sent)
        db.session.commit()
