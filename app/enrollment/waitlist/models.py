"""Places in line for a seat, and what became of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, and_, delete, func, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.extensions import Model, db
from app.people.linked import Linked
from app.people.models import Consent, Person

if TYPE_CHECKING:
    from app.enrollment.orders import Order

PURPOSE = "course waiting list"
WORDING = "We use this to offer you a seat when one is free in this cohort, and for nothing else. Leave with one press."
HELD_FOR = timedelta(hours=48)
UNPROVEN_KEPT = ENDED_KEPT = timedelta(days=30)
OUTCOMES = ("enrolled", "left", "passed on", "lapsed", "removed", "closed")
STANDING = text("ended_at IS NULL")
WAITING = text("confirmed_at IS NOT NULL AND offered_at IS NULL AND ended_at IS NULL")


class WaitlistEntry(Model, Linked):
    """Somebody's place in line for a seat in a cohort. What has become of it is told by its moments.

    It counts in the cohort's `seats_awaited` from when its mailed link was used until it is offered a seat, which then
    is held for it, in `seats_taken`, until it is answered. Whoever changes it locks the cohort first.
    """

    LINK_PURPOSE = PURPOSE

    __table_args__ = (
        Index(
            "uq_waitlist_entry_standing",
            *("person_id", "cohort_id"),
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index(
            "ix_waitlist_entry_waiting",
            *("cohort_id", "confirmed_at", "id"),
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_waitlist_entry_listing", "cohort_id", "id"),
        CheckConstraint("(offered_at IS NULL) = (offer_until IS NULL)", name="offer_has_an_end"),
        CheckConstraint("offered_at IS NULL OR confirmed_at IS NOT NULL", name="offered_to_the_confirmed"),
        CheckConstraint("(ended_at IS NULL) = (outcome = '')", name="outcome_at_the_end"),
        CheckConstraint(
            "NOT holds_seat OR (offered_at IS NOT NULL AND order_id IS NULL AND ended_at IS NULL)", name="holds_in_time"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]  # Who did so first comes first.
    offered_at: Mapped[datetime | None]
    offer_until: Mapped[datetime | None]
    holds_seat: Mapped[bool] = mapped_column(default=False)
    # The order that has the held seat now, while it is being paid for.
    order_id: Mapped[int | None] = mapped_column(ForeignKey("course_order.id"), index=True)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    cohort: Mapped[Cohort] = relationship()
    person: Mapped[Person] = relationship()
    order: Mapped["Order | None"] = relationship()

    @classmethod
    def for_update(cls, row_id: int) -> Self | None:
        """The entry as it stands now, its cohort locked until commit."""
        cohort_id = db.session.scalar(select(cls.cohort_id).filter_by(id=row_id))
        if cohort_id is None:
            return None
        Cohort.for_update(cohort_id)
        return db.session.get(cls, row_id, populate_existing=True)

    @classmethod
    def standing(cls, person: Person, cohort: Cohort) -> "WaitlistEntry | None":
        entry = select(cls).filter_by(person_id=person.id, cohort_id=cohort.id, ended_at=None)
        return db.session.scalar(entry.execution_options(populate_existing=True))

    @classmethod
    def handed_to(cls, order: "Order") -> "WaitlistEntry | None":
        """The standing entry whose held seat the order has."""
        entry = select(cls).filter_by(order_id=order.id, ended_at=None)
        return db.session.scalar(entry.execution_options(populate_existing=True))

    @classmethod
    def is_held_for(cls, email: str, cohort: Cohort) -> bool:
        """Whether whoever has this address may buy though sales have closed: their time to answer is not over, or an
        order of theirs has the seat.
        """
        theirs = select(cls.id).join(cls.person).where(cls.cohort_id == cohort.id, Person.email == email)
        stands = or_(cls.offer_until > now(), cls.order_id.is_not(None))
        return db.session.scalar(theirs.where(cls.ended_at.is_(None), stands)) is not None

    @classmethod
    def ask(cls, person: Person, cohort: Cohort, name: str, *, page: str) -> "WaitlistEntry":
        """What is asked for in the name of `person`; it changes nothing before its mailed link is used."""
        entry = cls.standing(person, cohort)
        if entry is None:
            db.session.add(entry := cls(person=person, cohort=cohort))
        if not entry.confirmed_at:
            Consent.record(person, PURPOSE, "requested", wording=WORDING, page=page)
            entry.name = name
        db.session.flush()
        return entry

    @classmethod
    def first_waiting(cls, cohort: Cohort) -> "WaitlistEntry | None":
        """Who is to be offered the next seat."""
        line = select(cls).where(cls.cohort_id == cohort.id, WAITING).order_by(cls.confirmed_at, cls.id).limit(1)
        return db.session.scalar(line.options(joinedload(cls.person)).execution_options(populate_existing=True))

    @classmethod
    def forget_old(cls) -> None:
        """Drop what has no bearing any more: wishes never confirmed, and places that ended."""
        unproven = and_(cls.confirmed_at.is_(None), cls.asked_at <= now() - UNPROVEN_KEPT)
        chosen = delete(cls).where(or_(unproven, cls.ended_at <= now() - ENDED_KEPT))
        db.session.execute(chosen.execution_options(synchronize_session=False))

    @property
    def whose(self) -> int:
        return self.person_id

    @property
    def made_at(self) -> datetime:
        return self.asked_at

    @property
    def state(self) -> str:
        """One of OUTCOMES, or "unproven", "waiting", "offered", "paying", "awaiting payment" (from their bank)."""
        if self.ended_at:
            return self.outcome
        if not self.confirmed_at:
            return "unproven"
        if not self.offered_at:
            return "waiting"
        if self.has_offer:
            return "offered"
        if self.order is None:
            return "lapsed"
        return "awaiting payment" if self.order.awaiting_payment_at else "paying"

    @property
    def has_offer(self) -> bool:
        """Whether a seat is held for them at this moment."""
        return self.holds_seat and self.is_in_time

    @property
    def is_in_time(self) -> bool:
        """Whether they may still take what was offered."""
        return self.offer_until is not None and self.offer_until > now()

    def ahead(self, limit: int) -> int:
        """How many come before it, counted no further than `limit`."""
        cls = WaitlistEntry
        earlier = or_(
            cls.confirmed_at < self.confirmed_at, and_(cls.confirmed_at == self.confirmed_at, cls.id < self.id)
        )
        line = select(cls.id).where(cls.cohort_id == self.cohort_id, WAITING, earlier).limit(limit)
        return len(db.session.scalars(line).all())

    @classmethod
    def turns(cls, cohort: Cohort, entries: "Sequence[WaitlistEntry]") -> dict[int, int]:
        """Of those of `entries` who wait, by number: which turn is theirs, the next being 1."""
        turn = func.row_number().over(order_by=(cls.confirmed_at, cls.id)).label("turn")
        line = select(cls.id, turn).where(cls.cohort_id == cohort.id, WAITING).subquery()
        asked = select(line.c.id, line.c.turn).where(line.c.id.in_([entry.id for entry in entries]))
        return {number: its_turn for number, its_turn in db.session.execute(asked)}

    def confirm(self, *, page: str) -> None:
        """Its mailed link was used: it gets a place in line."""
        if self.state != "unproven":
            return
        Consent.record(self.person, PURPOSE, "given", wording=WORDING, page=page)
        self.person.take_name(self.name)
        self.person.was_here()
        self.confirmed_at = now()
        self.cohort.await_seats(1)

    def offer(self) -> bool:
        """Hold a free seat of the cohort for it, and for nobody else, for a while. False when none is free."""
        until = min(now() + HELD_FOR, self.cohort.closes_at or datetime.max.replace(tzinfo=now().tzinfo))
        if until <= now() or not self.cohort.hold_awaited_seat():
            return False
        self.offered_at, self.offer_until, self.holds_seat = now(), until, True
        return True

    def leave(self, outcome: str, *, page: str) -> None:
        """Their own wish: "left", or "passed on" of what is held for them."""
        if not self.ended_at:
            Consent.record(self.person, PURPOSE, "withdrawn", wording="", page=page)
            self.end(outcome)

    def end(self, outcome: str) -> None:
        """It is over, for one of OUTCOMES; what is held for it is free for the next. Nothing, if it is over already."""
        if self.ended_at:
            return
        was_waiting, held = self.state == "waiting", self.holds_seat
        self.ended_at, self.outcome, self.holds_seat = now(), outcome, False
        if was_waiting:
            self.cohort.await_seats(-1)
        if held:
            self.cohort.give_back_seats(1)

    def hand_over_seat(self) -> bool:
        """Let something else of theirs have the held seat; whether there was one."""
        had_offer = self.has_offer
        if had_offer:
            self.holds_seat = False
        return had_offer

    def hand_over_to(self, order: "Order") -> None:
        """Let an order of theirs, which is to be paid, have the held seat."""
        self.order, self.holds_seat = order, False

    def take_back(self) -> bool:
        """The order was not paid: whether the seat is held for them again, because their time is not over.

        Else the next sweep ends it.
        """
        self.order = None
        self.holds_seat = self.is_in_time
        return self.holds_seat
