"""Refunds the site itself owes: a payment that came too late for what was wanted, or twice, or for what was called off,
and what the owner gives back, all or a part.

A Refund is the debt, told to Stripe by a task once it has been committed.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, String, func, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db, enqueue_after_commit, queue
from app.payments import stripe_gateway
from app.payments.checkouts import Checkout
from app.payments.disputes import LOST, WON
from app.payments.fulfilment import fulfil, purchase_of_payment
from app.payments.purchases import Purchase
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)
FIRST_RETRY = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
# Longer than Stripe is given to answer: who died meanwhile holds it up no longer.
CLAIMED_FOR = timedelta(minutes=1)
OWED = text("sent_at IS NULL AND refused_at IS NULL")
IN_FULL = text("amount_cents IS NULL")
BY_OWNER = "by the owner"
DID_NOT_ARRIVE = "The payer's bank did not take it."


class TooMuch(Exception):
    """More than is left of the payment was to be given back."""

    def __init__(self, left_cents: int) -> None:
        super().__init__(f"only {left_cents} are left")
        self.left_cents = left_cents


class Refund(Model):
    """What is to be given back of a payment, owed until Stripe has taken the order to do so, or refused it."""

    __table_args__ = (
        Index("ix_refund_owed", "due_at", sqlite_where=OWED, postgresql_where=OWED),
        Index("ix_refund_stripe_payment_intent_id", "stripe_payment_intent_id"),
        # A payment goes back in full once, whoever wants that at the same moment.
        Index(
            "uq_refund_in_full", "stripe_payment_intent_id", unique=True, sqlite_where=IN_FULL, postgresql_where=IN_FULL
        ),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The public id of the purchase: a payment made by mistake stands nowhere else in our books.
    reference: Mapped[str] = mapped_column(String(32), index=True)
    stripe_payment_intent_id: Mapped[str] = mapped_column(String(255))
    amount_cents: Mapped[int | None]  # Without it, all that is left of the payment.
    # One for each press of a button: pressed twice, it gives back once.
    request_key: Mapped[str | None] = mapped_column(String(32), unique=True)
    reason: Mapped[str] = mapped_column(String(20))
    owed_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
    keys_spent: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]  # Stripe will not give back this part, and last_error says why.
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
    def owe_part(cls, purchase: Purchase, cents: int, request_key: str) -> bool:
        """Owe a part of what was paid; False if this was asked for before. Lock the purchase first. Raises TooMuch."""
        if cls.was_asked_for(request_key):
            return False
        left = cls.left_of(purchase)
        if cents > left:
            raise TooMuch(left)
        refund = cls(
            reference=purchase.public_id,
            stripe_payment_intent_id=purchase.stripe_payment_intent_id,
            amount_cents=None if cents == left else cents,
            request_key=request_key,
            reason=BY_OWNER,
        )
        if not came_first(refund):
            return False
        enqueue_after_commit(send_refund, refund.id)
        return True

    @classmethod
    def was_asked_for(cls, request_key: str) -> bool:
        return db.session.scalar(select(cls.id).filter_by(request_key=request_key)) is not None

    @classmethod
    def left_of(cls, purchase: Purchase) -> int:
        """What of a payment has neither gone back nor is owed, nor is with the payer's bank."""
        payment = purchase.stripe_payment_intent_id
        if payment is None or purchase.is_at_bank or cls.of(payment):
            return 0
        on_its_way = select(func.coalesce(func.sum(cls.amount_cents), 0)).where(
            cls.stripe_payment_intent_id == payment, OWED
        )
        return max(purchase.left_cents - (db.session.scalar(on_its_way) or 0), 0)

    @classmethod
    def resume(cls, purchase: Purchase) -> bool:
        """Owe again what the payer's bank had taken meanwhile, and has given up; whether it was to go back at all.

        Lock the purchase first.
        """
        refund = cls.of(purchase.stripe_payment_intent_id)
        comes_back = refund and refund.has_gone and purchase.left_cents > 0
        if refund and (refund.is_put_off or refund.is_kept_by_bank or comes_back):
            refund.send_again()
        return refund is not None

    @classmethod
    def resume_second(cls, checkout: Checkout) -> None:
        """The same of a second payment, which `checkout` is of, once its dispute is won."""
        refund = cls.of(checkout.payment_intent_id)
        if refund and refund.is_kept_by_bank and checkout.dispute and checkout.dispute.status == WON:
            refund.send_again()

    @classmethod
    def note_failure(cls, purchase: Purchase, cents: int) -> None:
        """The payer's bank did not take `cents` that were sent back: they may be given back once more."""
        sent = select(cls).where(
            cls.stripe_payment_intent_id == purchase.stripe_payment_intent_id,
            cls.sent_at.is_not(None),
            cls.refused_at.is_(None),
            or_(cls.amount_cents.is_(None), cls.amount_cents == cents),
        )
        if refund := db.session.scalar(sent.order_by(cls.id.desc()).limit(1)):
            refund.amount_cents = cents
            refund.mark_returned()

    @classmethod
    def note_return(cls, checkout: Checkout) -> bool:
        """The payer's bank did not take all of the payment that was sent back, and may be asked once more. True once.

        Lock the purchase first.
        """
        refund = cls.of(checkout.payment_intent_id)
        if not refund or refund.refused_at or not (checkout.left_cents > 0 and refund.has_come_back(checkout.asked_at)):
            return False
        refund.mark_returned()
        return True

    @classmethod
    def all_of(cls, purchase: Purchase) -> "list[Refund]":
        return list(db.session.scalars(select(cls).filter_by(reference=purchase.public_id).order_by(cls.id)))

    @classmethod
    def of(cls, payment_intent_id: str | None) -> "Refund | None":
        """The one that gives all of this payment back."""
        return db.session.scalar(select(cls).where(cls.stripe_payment_intent_id == payment_intent_id, IN_FULL))

    @classmethod
    def for_update(cls, refund_id: int) -> "Refund":
        return db.session.get_one(cls, refund_id, with_for_update=True, populate_existing=True)

    @classmethod
    def claim(cls, refund_id: int) -> bool:
        """Take it on oneself to send it, for a while: of all who would, one statement lets one, if it is due."""
        mine = update(cls).where(cls.id == refund_id, OWED, cls.due_at <= now()).values(due_at=now() + CLAIMED_FOR)
        claimed = db.session.scalar(mine.returning(cls.id).execution_options(synchronize_session=False))
        return claimed is not None

    @classmethod
    def due(cls) -> "list[int]":
        return list(db.session.scalars(select(cls.id).where(OWED, cls.due_at <= now()).limit(100)))

    @property
    def idempotency_key(self) -> str:
        """The same at every attempt, so that a lost answer is heard again; another once Stripe keeps an error there."""
        return f"refund-{self.stripe_payment_intent_id}-{self.id}-{self.keys_spent}"

    @property
    def metadata_at_stripe(self) -> dict[str, str]:
        """What tells it there from every other refund, so that no error makes us give back twice."""
        return {"order": self.reference, "refund": str(self.id)}

    def has_come_back(self, asked_at: datetime) -> bool:
        """Whether it is with Stripe again, where it is seen to be missing when asked for then."""
        return self.sent_at is not None and asked_at > self.sent_at

    @property
    def is_kept_by_bank(self) -> bool:
        """Whether Stripe could never give it back, for the payer's bank had taken the payment."""
        return self.refused_at is not None and self.sent_at is None

    @property
    def is_put_off(self) -> bool:
        """Whether it is owed, and waits for longer than it takes to send it, because that failed."""
        return self.sent_at is None and self.refused_at is None and self.due_at > now() + CLAIMED_FOR

    @property
    def has_gone(self) -> bool:
        return self.sent_at is not None and self.refused_at is None

    @property
    def may_be_sent_again(self) -> bool:
        """Whether it gave a payment back in full and did not arrive; an order's own is given back anew, see left_of."""
        return bool(self.sent_at and self.refused_at) and self.amount_cents is None

    def send_again(self) -> None:
        self.sent_at, self.refused_at, self.due_at, self.last_error = None, None, now(), ""
        self.keys_spent += 1
        enqueue_after_commit(send_refund, self.id)

    def mark_returned(self) -> None:
        """The payer's bank did not take it."""
        self.refused_at, self.last_error = now(), DID_NOT_ARRIVE

    def mark_sent(self, stripe_refund_id: str) -> None:
        self.sent_at, self.stripe_refund_id, self.last_error = now(), stripe_refund_id, ""
        self.attempts += 1

    def refuse(self, problem: str) -> None:
        """Leave it: Stripe will say no to it again."""
        self.refused_at, self.last_error = now(), problem
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
    """Send a refund that is due, or keep it for another try, and note what came of it; nothing if another does.

    Two at once might send it under different idempotency keys, and so twice. Commits. Raises GatewayUnavailable then.
    """
    is_mine = Refund.claim(refund_id)
    refund = db.session.get_one(Refund, refund_id, populate_existing=True)
    payment, cents, was_tried = refund.stripe_payment_intent_id, refund.amount_cents, refund.keys_spent > 0
    metadata, key = refund.metadata_at_stripe, refund.idempotency_key
    db.session.commit()
    if not is_mine:
        return
    try:
        sent = stripe_gateway.refund_payment(payment, metadata, key, cents, was_tried)
    except (GatewayUnavailable, GatewayRefused) as problem:
        _keep(refund_id, problem)
        if isinstance(problem, GatewayUnavailable):
            raise
    else:
        Refund.for_update(refund_id).mark_sent(sent)
        db.session.commit()
        _note_at_once(refund.stripe_payment_intent_id)


def _keep(refund_id: int, problem: GatewayUnavailable | GatewayRefused) -> None:
    """A whole payment is owed until it has gone, or the bank keeps it; a part that Stripe refuses the owner looks at.

    A refusal is kept by Stripe under its key, too, and would be heard again when there is no more reason for it.
    """
    refund = Refund.for_update(refund_id)
    if isinstance(problem, GatewayRefused) and (refund.amount_cents or problem.code == LOST):
        refund.refuse(str(problem))
    else:
        key_spent = isinstance(problem, GatewayRefused) or problem.key_spent
        refund.try_again_later(str(problem), key_spent)
    db.session.commit()
    log.error("refund %s waits: %s", refund_id, problem)


def _note_at_once(payment_intent_id: str) -> None:
    """Bring the purchase in line without waiting for the event, which will come, or the sweep."""
    purchase = purchase_of_payment(payment_intent_id)
    session_id = purchase and purchase.stripe_session_id
    db.session.commit()
    if session_id:
        with suppress(GatewayUnavailable, GatewayRefused):
            fulfil(session_id)
