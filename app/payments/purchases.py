"""What every purchase has, whatever is bought: an amount, a payment page, and the moments that say what became of it.

A room that sells has a row of its own kind, made of this, and says in SETTLES how such a row follows its payment.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import JSON, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import db
from app.payments.checkouts import Checkout
from app.payments.disputes import LOST, WON, Disputable

log = logging.getLogger(__name__)
# Stripe closes a payment page 30 minutes after it was opened, at the earliest. We ask for a little more, so that a
# second try with the same key, and a clock that is not quite right, still leave it those 30.
HOLD = timedelta(minutes=35)
LEAST_HOLD = timedelta(minutes=31)
# How long after its last minute a payment page is looked at by us, if Stripe did not tell what became of it.
GRACE = timedelta(minutes=2)
LOOK_EVERY = timedelta(minutes=10)
# All was given back, and then some of it came back to us.
NOT_ARRIVED = text("refunded_at IS NOT NULL AND refunded_cents < paid_cents")


def _new_key() -> str:
    return f"checkout-{uuid.uuid4().hex}"


class Purchase(Disputable):
    """A purchase of one kind; a row for each is never deleted, for it is the books.

    `hold` and `release` are the kind's own: take what is bought, unless it is held already, and give it back.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    # As typed, for the receipt. It is not the person's before it is paid for: anybody can type anybody's address.
    name: Mapped[str] = mapped_column(String(120))
    amount_cents: Mapped[int]  # What we ask for, before a discount and tax.
    currency: Mapped[str] = mapped_column(String(3))
    discount_cents: Mapped[int] = mapped_column(default=0)
    tax_cents: Mapped[int] = mapped_column(default=0)
    paid_cents: Mapped[int] = mapped_column(default=0)  # What was paid in all.
    refunded_cents: Mapped[int] = mapped_column(default=0)
    payment_method: Mapped[str] = mapped_column(String(80), default="")
    promotion_code: Mapped[str] = mapped_column(String(80), default="")
    # Who pays, as typed at Stripe (name, email, business, address, tax_ids) and with us (organization); what was
    # not asked or said is missing.
    billing: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    stripe_invoice_id: Mapped[str | None] = mapped_column(String(255))
    invoice_number: Mapped[str] = mapped_column(String(80), default="")
    invoice_url: Mapped[str | None]
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True, default=_new_key)
    stripe_session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    checkout_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(default=lambda: now() + HOLD)
    # When to ask Stripe how things stand, if no event says so before; nothing once there is nothing to wait for.
    look_at: Mapped[datetime | None] = mapped_column(index=True, default=lambda: now() + LOOK_EVERY)
    paid_at: Mapped[datetime | None] = mapped_column(index=True)
    failed_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]  # All of it.
    refund_noted_at: Mapped[datetime | None]  # When the latest part of it was seen to go back.
    # Stripe's amount, currency or mode was not ours: a human has to look.
    mismatched_at: Mapped[datetime | None]

    @property
    def quantity(self) -> int:
        """How many of what is sold; they all cost the same."""
        return 1

    def hold(self) -> None:
        """Take what is bought, unless it is held already. Raises what the kind says when it is gone."""
        raise NotImplementedError

    def release(self) -> None:
        """Give back what is held."""
        raise NotImplementedError

    @classmethod
    def for_update(cls, purchase_id: int) -> Self:
        """The purchase as it stands now, locked until commit, after whatever of its kind has to be locked before."""
        raise NotImplementedError

    @classmethod
    def at(cls, public_id: str) -> Self | None:
        return db.session.scalar(select(cls).filter_by(public_id=public_id))

    @classmethod
    def id_of(cls, public_id: str) -> int | None:
        return db.session.scalar(select(cls.id).filter_by(public_id=public_id))

    @classmethod
    def of_payment(cls, payment_intent_id: str) -> Self | None:
        return db.session.scalar(select(cls).filter_by(stripe_payment_intent_id=payment_intent_id))

    @classmethod
    def of_session(cls, session_id: str) -> Self | None:
        return db.session.scalar(select(cls).filter_by(stripe_session_id=session_id))

    @classmethod
    def due_for_a_look(cls, limit: int) -> list[int]:
        due = select(cls.id).where(cls.look_at <= now()).order_by(cls.look_at).limit(limit)
        return list(db.session.scalars(due))

    @property
    def state(self) -> str:
        """ "refunded", "dispute lost", "disputed", "paid", "does not match", "failed", "expired" or "pending"."""
        moments = {
            "refunded": self.refunded_at,
            "dispute lost": self.dispute_ended_at if self.dispute_status == LOST else None,
            "disputed": self.disputed_at if self.is_disputed else None,
            "paid": self.paid_at,
            "does not match": self.mismatched_at,
            "failed": self.failed_at,
            "expired": self.expired_at,
        }
        return next((state for state, moment in moments.items() if moment), "pending")

    @property
    def has_tax_in_price(self) -> bool:
        """Whether the tax that was paid is a part of the price, rather than on top of it."""
        return bool(self.tax_cents) and self.paid_cents == self.amount_cents - self.discount_cents

    @property
    def number(self) -> str:
        """The purchase's number as people read and say it."""
        return self.public_id[:8].upper()

    @property
    def can_be_paid(self) -> bool:
        """Whether its payment page is open for a while yet."""
        return self.state == "pending" and self.checkout_url is not None and now() < self.expires_at - GRACE

    @property
    def may_be_paid(self) -> bool:
        """Whether Stripe may know of a payment that we have not heard of."""
        return self.look_at is not None and self.state in ("pending", "expired")

    def agrees_with(self, checkout: Checkout) -> bool:
        """Whether what was paid is what we asked for; whether in real money, the gateway knows."""
        ours = (self.quantity, self.amount_cents, self.currency)
        return (checkout.quantity, checkout.subtotal_cents, checkout.currency) == ours and checkout.adds_up

    def renew(self) -> None:
        """Start its time again, as a new request to Stripe. Only before a payment page was opened."""
        self.expires_at, self.look_at, self.idempotency_key = now() + HOLD, now() + LOOK_EVERY, _new_key()

    def open_payment_page(self, session_id: str, url: str | None) -> None:
        self.stripe_session_id, self.checkout_url = session_id, url

    def take_payment(self, checkout: Checkout) -> None:
        self.paid_at, self.look_at = now(), None
        self.stripe_session_id, self.stripe_payment_intent_id = checkout.session_id, checkout.payment_intent_id
        self.payment_method = checkout.payment_method[:80]
        self.discount_cents, self.tax_cents = checkout.discount_cents, checkout.tax_cents
        self.paid_cents, self.promotion_code = checkout.amount_cents, checkout.promotion_code[:80]
        self.billing = self.billing | checkout.billing
        self.note_invoice(checkout)

    def note_invoice(self, checkout: Checkout) -> None:
        """Stripe writes it once there is a payment, and may not have when it first tells of that."""
        self.stripe_invoice_id = checkout.invoice_id or self.stripe_invoice_id
        self.invoice_number = checkout.invoice_number[:80] or self.invoice_number
        self.invoice_url = checkout.invoice_url or self.invoice_url

    def fail(self) -> bool:
        """No payment came or will come. False if that was known."""
        self.stop_looking()
        if self.failed_at or self.paid_at:
            return False
        self.failed_at = now()
        self.release()
        return True

    def expire(self) -> bool:
        """Its time is over unpaid. False if that was known.

        Look at it until Stripe says so too: on its clock there may have been a minute left, and the buyer paid.
        """
        if self.state != "pending":
            return False
        self.expired_at = now()
        self.release()
        return True

    def note_refund(self, cents: int, asked_at: datetime) -> bool:
        """Keep in mind what was paid back. True once, when it has become all of it: then what was bought is free again.

        Less than we know of is a refund that failed at Stripe, or an answer from before the refund. An answer to a
        question asked after the doubt arose decides.
        """
        cents, decides = min(cents, self.paid_cents), bool(self.look_at and asked_at > self.look_at)
        if cents < self.refunded_cents and not decides:
            self.look_at = min(self.look_at or now(), now())
            return False
        if cents < self.refunded_cents:
            log.error("purchase %s: a refund has failed at Stripe; look at it there", self.number)
        if cents > self.refunded_cents:
            self.refund_noted_at = now()
        self.refunded_cents, self.look_at = cents, None if decides else self.look_at
        if self.refunded_at or self.paid_cents == 0 or self.left_cents > 0:
            return False
        self.refunded_at = now()
        self.release()
        return True

    def note_mismatch(self, checkout: Checkout) -> str:
        """Something else was paid than what we asked for: a human has to look, until they have given it back at Stripe.

        What is new: "noted", or "returned" once it has gone back; empty if nothing is.
        """
        self.stop_looking()
        news = "" if self.mismatched_at else "noted"
        if not self.paid_at:  # Whatever becomes of the payment, nothing is kept for it.
            self.expire()
            self.release()
            if checkout.is_given_back and not self.refunded_at:
                self.refunded_at, news = now(), "returned"
        self.mismatched_at = self.mismatched_at or now()
        return news

    def went_back_again(self, cents: int) -> bool:
        """Whether these `cents`, the latest that went back, had not arrived before: all had gone back, and they are not
        what the payer's bank had then, until the dispute was won.
        """
        if self.refunded_at is None:
            return False
        won_since = self.dispute_status == WON and (self.dispute_ended_at or now()) >= self.refunded_at
        return self.refunded_cents - cents + (self.disputed_cents if won_since else 0) < self.paid_cents

    @property
    def has_back_what_bank_kept(self) -> bool:
        """Whether the payer's bank, which kept a part for good when all else had gone back, has given that up since.

        Nothing is left but that: what was given back has arrived.
        """
        kept_then = self.disputed_at and self.refunded_at and self.disputed_at <= self.refunded_at
        return bool(kept_then) and self.dispute_status == WON and 0 < self.left_cents <= self.disputed_cents

    @property
    def left_cents(self) -> int:
        """What has neither gone back nor is the bank's for good, where that is a part."""
        return self.paid_cents - self.refunded_cents - self.kept_by_bank_cents

    def stop_looking(self) -> None:
        self.look_at = None

    def look_again(self) -> None:
        """Nothing has changed; ask once more in a while."""
        self.look_at = now() + LOOK_EVERY


# Of each kind of purchase: what brings one, locked, in line with its Checkout Session. Rooms add theirs when imported.
SETTLES: dict[type[Purchase], Callable[[Any, Checkout], None]] = {}
