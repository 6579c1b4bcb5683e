"""Orders: who wants how many seats of which cohort for how much, and what became of it."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from app import tokens
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import Model, db
from app.payments.purchases import LOOK_EVERY, NOT_ARRIVED, Purchase
from app.people.models import Person

CHOICE = "choice of cohort"
LOOK_AT_DEBIT_EVERY = timedelta(hours=1)
TO_CHOOSE = text("choose_by IS NOT NULL")
UNDECIDED = "paid_at IS NULL AND failed_at IS NULL AND expired_at IS NULL AND awaiting_payment_at IS NULL"


class Order(Purchase, Model):
    """One purchase of seats.

    Those it holds are counted in `seats_held` and, with those of all other orders, in the cohort's `seats_taken`.
    """

    __tablename__ = "course_order"
    OCCASION = "order:"
    __table_args__ = (
        CheckConstraint("seats >= 1", name="seats_positive"),
        CheckConstraint("seats_held BETWEEN 0 AND seats", name="seats_held_in_bounds"),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("refunded_cents BETWEEN 0 AND paid_cents", name="refund_in_bounds"),
        Index(
            "uq_course_order_undecided",
            "person_id",
            "cohort_id",
            unique=True,
            sqlite_where=text(UNDECIDED),
            postgresql_where=text(UNDECIDED),
        ),
        Index("ix_course_order_listing", "created_at", "id"),
        Index("ix_course_order_not_arrived", "id", sqlite_where=NOT_ARRIVED, postgresql_where=NOT_ARRIVED),
        Index("ix_course_order_choose_by", "choose_by", sqlite_where=TO_CHOOSE, postgresql_where=TO_CHOOSE),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    seats: Mapped[int] = mapped_column(default=1)
    seats_held: Mapped[int] = mapped_column(default=0)
    # Whether the buyer agreed to be reminded, should they not finish.
    wants_reminder: Mapped[bool] = mapped_column(default=False)
    is_early: Mapped[bool] = mapped_column(default=False)  # At the early price.
    awaiting_payment_at: Mapped[datetime | None]
    # Paid, and no seat was left in the cohort that was wanted: which one that was, as long as seats in another were not
    # taken instead, and until when the buyer may choose what to do.
    missed_cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id"))
    choose_by: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # When one that cost nothing was ended: there is nothing to give back.
    person: Mapped[Person] = relationship()
    cohort: Mapped[Cohort] = relationship(foreign_keys=cohort_id)
    missed_cohort: Mapped[Cohort | None] = relationship(foreign_keys=missed_cohort_id)

    @property
    def occasion(self) -> str:
        """What follow-ups about this order are started and called off under."""
        return f"{self.OCCASION}{self.id}"

    @classmethod
    def for_update(cls, order_id: int) -> "Order":
        """The order as it stands now, locked until commit, after its cohort: who buys has to lock the cohort first."""
        its_cohort = select(cls.cohort_id).filter_by(id=order_id)
        cohort_id, cohort = db.session.scalars(its_cohort).one(), None
        while cohort is None or cohort.id != cohort_id:  # It may be offered a later one while this one is waited for.
            cohort, cohort_id = Cohort.for_update(cohort_id), db.session.scalars(its_cohort).one()
        order = db.session.get_one(cls, order_id, with_for_update=True, populate_existing=True)
        set_committed_value(order, "cohort", cohort)
        return order

    @classmethod
    def undecided_of(cls, person: Person, cohort: Cohort) -> "Order | None":
        """The one order of this person and cohort that is neither paid nor over. Lock the cohort first."""
        wanted = select(cls).where(cls.person_id == person.id, cls.cohort_id == cohort.id, text(UNDECIDED))
        return db.session.scalar(wanted.execution_options(populate_existing=True))

    @classmethod
    def waits_for(cls, email: str, cohort: Cohort) -> bool:
        """Whether an order of whoever has this address is neither paid nor over, as far as can be seen unlocked."""
        waiting = select(cls.id).join(cls.person).where(cls.cohort_id == cohort.id, Person.email == email)
        return db.session.scalar(waiting.where(text(UNDECIDED))) is not None

    @property
    def state(self) -> str:
        """As of every purchase, "awaiting payment" or "ended"."""
        state = "ended" if self.ended_at else super().state
        return "awaiting payment" if self.awaiting_payment_at and state in ("expired", "pending") else state

    @property
    def organization(self) -> str:
        """Whose department the seats are for, as far as the buyer said."""
        return str(self.billing.get("organization", ""))

    @property
    def is_for_department(self) -> bool:
        """Whether its seats are handed out, and the buyer gets none without claiming it."""
        return self.seats > 1

    @property
    def buyer(self) -> str:
        """Who buys for others, as those others know them: "Ada Lovelace (Ward Nine)"."""
        return f"{self.name} ({self.organization})" if self.name and self.organization else self.name

    @property
    def has_ended(self) -> bool:
        """Whether nothing stands by it any more: all went back, the payer's bank took it, or it was free and ended."""
        return self.state in ("refunded", "dispute lost", "ended")

    @property
    def quantity(self) -> int:
        return self.seats

    def hold_at_price_now(self, *, from_list: bool) -> None:
        """Take the order's seats at what they cost now, unless it holds them. Lock the cohort first.

        `from_list`: that which the waiting list holds for the buyer, if it holds one. At another price than before it
        is another request to Stripe. Raises CohortFull.
        """
        if self.seats_held:
            return
        self._take(self.seats, from_list=from_list)
        price_cents, is_early = self.cohort.price_seats(self.seats)
        priced = (price_cents * self.seats, self.cohort.course.currency, is_early)
        if priced != (self.amount_cents, self.currency, self.is_early):
            self.amount_cents, self.currency, self.is_early = priced
            self.renew()

    def hold(self) -> None:
        """Take the order's seats, unless it holds them. Lock the cohort first. Raises CohortFull."""
        self.hold_more(self.seats - self.seats_held)

    def hold_more(self, number: int) -> None:
        """Take `number` of the seats that it does not hold. Lock the cohort first. Raises CohortFull."""
        self._take(number)
        self._count_early(number)

    def _take(self, number: int, *, from_list: bool = True) -> None:
        """The seat that the waiting list holds for who buys for themselves, if it holds one; else what is free."""
        may_be_held = from_list and number > 0 and not self.is_for_department
        entry = WaitlistEntry.standing(self.person, self.cohort) if may_be_held else None
        if entry and entry.has_offer:
            entry.hand_over_to(self)
        else:
            self.cohort.take_seats(number)
        self.seats_held += number

    def release(self) -> None:
        """Give back the seats it holds, and with them the choice whether to keep them. Lock the cohort first.

        One that the waiting list had held for the buyer goes back there, while their time lasts.
        """
        entry = WaitlistEntry.handed_to(self) if self.seats_held else None
        kept = 1 if entry and entry.take_back() else 0
        self.cohort.give_back_seats(self.seats_held - kept)
        self._count_early(-self.seats_held)
        self.seats_held, self.choose_by = 0, None

    def give_back_one(self) -> None:
        """Give back one of the seats it holds, for a place that takes one elsewhere. Lock the cohort first."""
        self.cohort.give_back_seats(1)
        self._count_early(-1)
        self.seats_held -= 1

    def offer(self, cohort: Cohort) -> None:
        """Let the buyer choose whether to take seats in `cohort`, which have been taken for the order."""
        self.cohort = cohort
        self.is_early = False  # It counts among the early ones of no cohort any more.
        self.seats_held = self.seats

    @property
    def held_until(self) -> datetime | None:
        """Until when a seat is held for its buyer, who has not paid: by it, or, even after it, by the waiting list."""
        ends = [self.expires_at] if self.can_be_paid else []
        entry = None if self.is_for_department else WaitlistEntry.standing(self.person, self.cohort)
        if entry and entry.offer_until and entry.offer_until > now() and (entry.has_offer or entry.order_id == self.id):
            ends.append(entry.offer_until)
        return max(ends, default=None)

    @property
    def has_to_choose(self) -> bool:
        """Whether it is paid, and its buyer has yet to choose between seats in another cohort and the payment."""
        return self.choose_by is not None

    @property
    def came_too_late(self) -> bool:
        """Whether the cohort that was wanted had begun when the payment arrived."""
        return self.paid_at is not None and (self.missed_cohort or self.cohort).had_begun(self.paid_at)

    @property
    def is_on_hold(self) -> bool:
        """Whether its seats cannot be handed out: the payment is disputed or goes back, or its buyer has to choose."""
        return self.is_disputed or self.has_to_choose or not self.seats_held

    @classmethod
    def to_choose_by(cls, person: Person) -> "Order | None":
        """The one for which the person has to choose, the most pressing first."""
        theirs = select(cls).where(cls.person_id == person.id, cls.choose_by.is_not(None))
        return db.session.scalar(theirs.order_by(cls.choose_by).limit(1))

    @property
    def choice_token(self) -> str:
        """For the link by which its buyer chooses; to be mailed only."""
        return tokens.sign(CHOICE, self.public_id)

    @classmethod
    def from_choice_link(cls, token: str) -> "Order | None":
        try:
            return cls.at(tokens.read(CHOICE, token))
        except tokens.InvalidToken:
            return None

    def _count_early(self, number: int) -> None:
        if self.is_early and number:
            self.cohort.count_early(number)

    def await_payment(self, session_id: str) -> bool:
        """The bank says later whether it pays what was ordered in this session; the seat stays held.

        False if that was known.
        """
        self.look_at = now() + LOOK_AT_DEBIT_EVERY
        if self.awaiting_payment_at:
            return False
        self.awaiting_payment_at, self.stripe_session_id = now(), session_id
        return True

    def look_again(self) -> None:
        self.look_at = now() + (LOOK_AT_DEBIT_EVERY if self.awaiting_payment_at else LOOK_EVERY)
