"""Refunds the site itself owes: a payment that came when no seat was left, or twice for one person."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.enrollment.orders import Order
from app.extensions import Model, db

FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
OWED = text("sent_at IS NULL")


class Refund(Model):
    """A payment to give back in full, owed until Stripe has taken the order to do so. One for each payment."""

    __table_args__ = (
        CheckConstraint("reason IN ('no seat', 'paid twice')", name="known_reason"),
        Index("ix_refund_owed", "due_at", sqlite_where=OWED, postgresql_where=OWED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("course_order.id"), index=True)
    stripe_payment_intent_id: Mapped[str] = mapped_column(String(255), unique=True)
    reason: Mapped[str] = mapped_column(String(20))
    owed_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    keys_spent: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    stripe_refund_id: Mapped[str | None] = mapped_column(String(255))
    order: Mapped[Order] = relationship()

    @classmethod
    def owe(cls, order: Order, payment_intent_id: str, reason: str) -> "Refund | None":
        """The debt for this payment, None if it was known already. Lock the order first."""
        if db.session.scalar(select(cls.id).filter_by(stripe_payment_intent_id=payment_intent_id)):
            return None
        refund = cls(order=order, stripe_payment_intent_id=payment_intent_id, reason=reason)
        db.session.add(refund)
        db.session.flush()
        return refund

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
