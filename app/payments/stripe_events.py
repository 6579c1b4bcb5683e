"""Stripe's events: each stored once before it is answered, and acted upon in the background."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db
from app.payments.fulfilment import fulfil, session_of_payment
from app.payments.stripe_gateway import GatewayRefused

log = logging.getLogger(__name__)

FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
TO_ACT_UPON = ("id", "object", "payment_intent")
# Stripe tries for three days to deliver an event, and lists those it could not for thirty: one forgotten by then does
# not come again. https://docs.stripe.com/webhooks/process-undelivered-events
KEPT = timedelta(days=60)
OPEN = text("processed_at IS NULL")
# What the endpoint in Stripe has to be told of.
NEEDED = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "refund.created",
        "refund.updated",
        "refund.failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
OF_A_SESSION = "checkout.session."
OF_A_DISPUTE = "charge.dispute."
OF_A_PAYMENT = ("refund.", "charge.refunded", "charge.refund.", OF_A_DISPUTE)


class StripeEvent(Model):
    """One event, as it came. Its content is not believed, only its hint at what to look up."""

    __table_args__ = (
        Index("ix_stripe_event_due", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_stripe_event_listing", "received_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(255))
    payload: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    processed_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")

    @classmethod
    def receive(cls, event: dict[str, Any], payload: str) -> "StripeEvent | None":
        """The event as a row; None if it came before."""
        row = cls(stripe_id=event["id"], type=event["type"], payload=payload)
        return row if came_first(row) else None

    @classmethod
    def due(cls) -> list[int]:
        due = select(cls.id).where(cls.processed_at.is_(None), cls.due_at <= now()).order_by(cls.due_at).limit(100)
        return list(db.session.scalars(due))

    @classmethod
    def forget_old(cls) -> None:
        """Drop those that came long ago and were acted upon."""
        old = delete(cls).where(cls.received_at < now() - KEPT, cls.processed_at.is_not(None))
        db.session.execute(old.execution_options(synchronize_session=False))

    @property
    def subject(self) -> dict[str, Any]:
        """The object the event is about, as it was then."""
        return dict(json.loads(self.payload)["data"]["object"])

    def forget_buyer(self) -> None:
        """Keep what acting on it asks for; the rest of it tells of the buyer."""
        kept = {key: value for key, value in self.subject.items() if key in TO_ACT_UPON and isinstance(value, str)}
        self.payload = json.dumps({"data": {"object": kept}})

    def mark_processed(self) -> None:
        self.forget_buyer()  # Nothing asks for it any more, and the buyer may have been erased meanwhile.
        self.processed_at, self.last_error = now(), ""
        self.attempts += 1

    def try_again_later(self, problem: str) -> None:
        self.due_at = now() + min(FIRST_RETRY * 2 ** min(self.attempts, 10), LONGEST_WAIT)
        self.attempts, self.last_error = self.attempts + 1, problem


def forget_buyer(trace: str) -> None:
    """Take out of the events what tells of a buyer, wherever `trace` stands: an address, or a number Stripe gave.

    Those that were acted upon tell of nobody any more.
    """
    waiting = select(StripeEvent).where(OPEN, StripeEvent.payload.contains(trace, autoescape=True))
    for event in db.session.scalars(waiting):
        event.forget_buyer()


def act_upon(kind: str, subject: dict[str, Any]) -> None:
    """Do what an event of this kind calls for. Commits. Call it with no transaction open.

    Raises GatewayUnavailable, GatewayRefused.
    """
    try:
        if session_id := _session_of(kind, subject):
            fulfil(session_id, is_disputed=kind.startswith(OF_A_DISPUTE))
    except GatewayRefused as refusal:
        if refusal.code != "resource_missing":
            raise
        log.error("Stripe sent %s about something it does not know: %s", kind, refusal)


def _session_of(kind: str, subject: dict[str, Any]) -> str | None:
    if kind.startswith(OF_A_SESSION):
        if isinstance(session_id := subject.get("id"), str) and session_id:
            return session_id
        log.error("a %s event names no session, so there is nothing to look up", kind)
        return None
    payment = subject.get("payment_intent")
    return session_of_payment(payment) if kind.startswith(OF_A_PAYMENT) and isinstance(payment, str) else None
