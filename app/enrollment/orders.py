"""Orders: who wants how many seats of which cohort for how much, and what became of it."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.enrollment.models import Cohort
from app.extensions import Model, db
from app.people.models import Person

# Stripe closes a payment page 30 minutes after it was opened, at the earliest. We ask for a little more, so that a
# second try with the same key, and a clock that is not quite right, still leave it those 30.
HOLD = timedelta(minutes=35)
LEAST_HOLD = timedelta(minutes=31)
# How long after its last minute a payment page is looked at by us, if Stripe did not tell what became of it.
GRACE = timedelta(minutes=2)
LOOK_EVERY = timedelta(minutes=10)
LOOK_AT_DEBIT_EVERY = timedelta(hours=1)
UNDECIDED = "paid_at IS NULL AND failed_at IS NULL AND expired_at IS NULL AND awaiting_payment_at IS NULL"


def _new_key() -> str:
    return f"checkout-{uuid.uuid4().hex}"


class Order(Model):
    """One purchase. Its moments say what happened; nothing of it is ever deleted.

    The seats it holds are counted in `seats_held` and, with those of all other orders, in the cohort's `seats_taken`.
    """

    __tablename__ = "course_order"
    __table_args__ = (
        CheckConstraint("seats >= 1", name="seats_positive"),
        CheckConstraint("seats_held BETWEEN 0 AND seats", name="seats_held_in_bounds"),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents", name="refund_in_bounds"),
        Index(
            "uq_course_order_undecided",
            "person_id",
            "cohort_id",
            unique=True,
            sqlite_where=text(UNDECIDED),
            postgresql_where=text(UNDECIDED),
        ),
        Index("ix_course_order_listing", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    # As typed at checkout. It becomes the person's only once it is paid for: anybody can type anybody's address.
    name: Mapped[str] = mapped_column(String(120))
    seats: Mapped[int] = mapped_column(default=1)
    seats_held: Mapped[int] = mapped_column(default=0)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    refunded_cents: Mapped[int] = mapped_column(default=0)
    payment_method: Mapped[str] = mapped_column(String(80), default="")
    # Whether the buyer agreed to be reminded, should they not finish.
    wants_reminder: Mapped[bool] = mapped_column(default=False)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True, default=_new_key)
    stripe_session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    stripe_payment_intent_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    checkout_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(default=lambda: now() + HOLD)
    # When to ask Stripe how things stand, if no event says so before; nothing once there is nothing to wait for.
    look_at: Mapped[datetime | None] = mapped_column(index=True, default=lambda: now() + LOOK_EVERY)
    awaiting_payment_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]
    # Stripe's amount, currency or mode was not ours: a human has to look.
    mismatched_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()
    cohort: Mapped[Cohort] = relationship()

    @property
    def occasion(self) -> str:
        """What follow-ups about this order are started and called off under."""
        return f"order:{self.id}"

    @classmethod
    def at(cls, public_id: str) -> "Order | None":
        return db.session.scalar(select(cls).filter_by(public_id=public_id))

    @classmethod
    def id_of(cls, public_id: str) -> int | None:
        return db.session.scalar(select(cls.id).filter_by(public_id=public_id))

    @classmethod
    def of_payment(cls, payment_intent_id: str) -> "Order | None":
        return db.session.scalar(select(cls).filter_by(stripe_payment_intent_id=payment_intent_id))

    @classmethod
    def of_session(cls, session_id: str) -> "Order | None":
        return db.session.scalar(select(cls).filter_by(stripe_session_id=session_id))

    @classmethod
    def for_update(cls, order_id: int) -> "Order":
        """The order as it stands now, locked until commit, after its cohort: who buys has to lock the cohort first."""
        Cohort.for_update(db.session.scalars(select(cls.cohort_id).filter_by(id=order_id)).one())
        return db.session.get_one(cls, order_id, with_for_update=True, populate_existing=True)

    @classmethod
    def undecided_of(cls, person: Person, cohort: Cohort) -> "Order | None":
        """The one order of this person and cohort that is neither paid nor over. Lock the cohort first."""
        wanted = select(cls).where(cls.person_id == person.id, cls.cohort_id == cohort.id, text(UNDECIDED))
        return db.session.scalar(wanted.execution_options(populate_existing=True))

    @classmethod
    def due_for_a_look(cls, limit: int) -> "list[int]":
        due = select(cls.id).where(cls.look_at <= now()).order_by(cls.look_at).limit(limit)
        return list(db.session.scalars(due))

    @property
    def state(self) -> str:
        """ "refunded", "paid", "failed", "awaiting payment", "expired" or "pending"."""
        moments = {
            "refunded": self.refunded_at,
            "paid": self.paid_at,
            "failed": self.failed_at,
            "awaiting payment": self.awaiting_payment_at,
            "expired": self.expired_at,
        }
        return next((state for state, moment in moments.items() if moment), "pending")

    @property
    def number(self) -> str:
        """The order's number as people read and say it."""
        return self.public_id[:8].upper()

    @property
    def can_be_paid(self) -> bool:
        """Whether its payment page is open for a while yet."""
        return self.state == "pending" and self.checkout_url is not None and now() < self.expires_at - GRACE

    def hold_seats(self) -> None:
        """Take the order's seats, unless it holds them. Lock the cohort first. Raises CohortFull."""
        self.cohort.take_seats(self.seats - self.seats_held)
        self.seats_held = self.seats

    def release_seats(self) -> None:
        """Give back what the order holds. Lock the cohort first."""
        self.cohort.give_back_seats(self.seats_held)
        self.seats_held = 0

    def renew(self) -> None:
        """Start the order's time again, as a new request to Stripe. Only before a payment page was opened."""
        self.expires_at, self.look_at, self.idempotency_key = now() + HOLD, now() + LOOK_EVERY, _new_key()

    def open_payment_page(self, session_id: str, url: str | None) -> None:
        self.stripe_session_id, self.checkout_url = session_id, url

    def await_payment(self, session_id: str) -> bool:
        """The bank says later whether it pays what was ordered in this session; the seat stays held.

        False if that was known.
        """
        self.look_at = now() + LOOK_AT_DEBIT_EVERY
        if self.awaiting_payment_at:
            return False
        self.awaiting_payment_at, self.stripe_session_id = now(), session_id
        return True

    def take_payment(self, session_id: str, payment_intent_id: str | None, method: str) -> None:
        self.paid_at, self.look_at = now(), None
        self.stripe_session_id, self.stripe_payment_intent_id, self.payment_method = (
            session_id,
            payment_intent_id,
            method[:80],
        )

    def fail(self) -> bool:
        """No payment came or will come. False if that was known."""
        self.stop_looking()
        if self.failed_at or self.paid_at:
            return False
        self.failed_at = now()
        self.release_seats()
        return True

    def expire(self) -> bool:
        """Its time is over unpaid. False if that was known.

        Look at it until Stripe says so too: on its clock there may have been a minute left, and the buyer paid.
        """
        if self.state != "pending":
            return False
        self.expired_at = now()
        self.release_seats()
        return True

    def note_refund(self, cents: int, asked_at: datetime) -> bool:
        """Keep in mind what was paid back. True once, when it has become all of it: then the seats are free again.

        Less than we know of is a refund that failed at Stripe, or an answer from before the refund. An answer to a
        question asked after the doubt arose decides.
        """
        cents, decides = min(cents, self.amount_cents), bool(self.look_at and asked_at > self.look_at)
        if cents < self.refunded_cents and not decides:
            self.look_at = self.look_at or now()
            return False
        self.refunded_cents, self.look_at = cents, None if decides else self.look_at
        if self.refunded_at or self.amount_cents == 0 or self.refunded_cents < self.amount_cents:
            return False
        self.refunded_at = now()
        self.release_seats()
        return True

    def stop_looking(self) -> None:
        self.look_at = None

    def look_again(self) -> None:
        """Nothing has changed; ask once more in a while."""
        self.look_at = now() + (LOOK_AT_DEBIT_EVERY if self.awaiting_payment_at else LOOK_EVERY)
