"""Enrollments: who may enter the classroom, and for which order."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Module
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import Model, db
from app.payments.disputes import LOST, OPEN
from app.people.models import Person

STANDING = text("ended_at IS NULL")


class Enrollment(Model):
    """A person's place in a cohort, paid for by an order. It stands until it is ended."""

    __table_args__ = (
        UniqueConstraint("order_id", "person_id"),
        # The last word on "enrolled once", whoever races.
        Index(
            "uq_enrollment_standing",
            "person_id",
            "cohort_id",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index("ix_enrollment_listing", "enrolled_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("course_order.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    enrolled_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    # A place may be moved to a later cohort once; where it was before.
    moved_at: Mapped[datetime | None]
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id"))
    begun_at: Mapped[datetime | None]  # When the person, who had this place, first opened a lesson.
    # Since when whoever bought the seat may read how far the person is; only the person says so, and takes it back.
    progress_shared_at: Mapped[datetime | None]
    order: Mapped[Order] = relationship()
    person: Mapped[Person] = relationship()
    cohort: Mapped[Cohort] = relationship(foreign_keys=cohort_id)
    moved_from: Mapped[Cohort | None] = relationship(foreign_keys=moved_from_id)

    @classmethod
    def standing(cls, person: Person, cohort: Cohort) -> "Enrollment | None":
        return db.session.scalar(
            select(cls).where(cls.person_id == person.id, cls.cohort_id == cohort.id, cls.ended_at.is_(None))
        )

    @classmethod
    def is_open_to(cls, person: Person, cohort: Cohort) -> bool:
        """Whether a place in the cohort opens the classroom to the person. A suspended one gives way to another."""
        place = cls.standing(person, cohort)
        return place is not None and not place.is_suspended

    @classmethod
    def on_hold(cls, person: Person, cohort: Cohort) -> "Enrollment | None":
        """The place there that would give way to another."""
        place = cls.standing(person, cohort)
        return place if place and place.is_suspended else None

    @classmethod
    def still_disputed(cls, person: Person, cohort: Cohort) -> "Enrollment | None":
        """The place there that has ended, as for another, and the payer's bank has yet to decide on the payment for it,
        which the person made for themselves.
        """
        places = select(cls).join(cls.order).where(cls.person_id == person.id, cls.cohort_id == cohort.id)
        disputed = places.where(Order.seats == 1, Order.refunded_at.is_(None), Order.dispute_status.in_(OPEN))
        return db.session.scalar(disputed.where(cls.ended_at.is_not(None)).order_by(cls.ended_at.desc()).limit(1))

    @classmethod
    def is_anybody_in(cls, cohort: Cohort) -> bool:
        """Whether a place stands that is in the cohort, or was before it moved."""
        places = select(cls.id).where(or_(cls.cohort_id == cohort.id, cls.moved_from_id == cohort.id))
        return db.session.scalar(places.where(cls.ended_at.is_(None)).limit(1)) is not None

    @classmethod
    def would_lose_weeks(cls, cohort: Cohort, starts_on: date | None, time_zone: str) -> bool:
        """Whether somebody in a cohort week by week has modules open, or had as they moved on, that would close if it
        began on that day, on the clocks of that zone.
        """
        before, after = (cohort.starts_on, cohort.time_zone), (starts_on, time_zone)
        if not cohort.opens_weekly or before == after:
            return False
        places = select(cls.enrolled_at, cls.moved_from_id, cls.moved_at).where(cls.ended_at.is_(None))
        for enrolled_at, moved_from_id, moved_at in db.session.execute(
            places.where(or_(cls.cohort_id == cohort.id, cls.moved_from_id == cohort.id))
        ):
            at = moved_at if moved_from_id == cohort.id and moved_at else now()
            if _weeks_begun(*after, enrolled_at, at) < _weeks_begun(*before, enrolled_at, at):
                return True
        return False

    @classmethod
    def would_lose(cls, module: Module, opens_in_week: int) -> bool:
        """Whether somebody in a cohort week by week has the module open, and would not if it opened in that week."""
        return (
            not module.is_retired
            and opens_in_week > module.opens_in_week
            and any(
                cohort.opens_weekly
                and cohort.may_have_reached(module.opens_in_week)
                and (cohort.is_self_paced or not cohort.may_have_reached(opens_in_week))
                and cls.is_anybody_in(cohort)
                for cohort in module.course.cohorts
            )
        )

    @classmethod
    def all_standing(cls, person: Person) -> "list[Enrollment]":
        """The person's places, the cohort that begins last first, with order, cohort and course."""
        return list(
            db.session.scalars(
                select(cls)
                .join(cls.cohort)
                .where(cls.person_id == person.id, cls.ended_at.is_(None))
                .order_by(Cohort.starts_on.desc().nulls_last(), cls.id.desc())
                .options(
                    joinedload(cls.order), joinedload(cls.moved_from), joinedload(cls.cohort).joinedload(Cohort.course)
                )
            )
        )

    @classmethod
    def opening(cls, person: Person) -> "list[Enrollment]":
        """Those of the person's places that open the classroom: they stand, and are not suspended."""
        return [place for place in cls.all_standing(person) if not place.is_suspended]

    @classmethod
    def opens(cls) -> ColumnElement[bool]:
        """The condition for `opening`, beside a join with the order."""
        return and_(cls.ended_at.is_(None), Order.dispute_status.not_in((*OPEN, LOST)))

    @property
    def is_suspended(self) -> bool:
        """Whether it stands and opens nothing, because the payment is with the payer's bank, for now or for good."""
        return self.ended_at is None and self.order.is_at_bank

    @property
    def can_be_paid_again(self) -> bool:
        """Whether another there is on sale, with a seat that is free, or that an order of the person holds."""
        has_seat = not self.cohort.is_full or Order.waits_for(self.person.email, self.cohort)
        return self.cohort.is_on_sale and has_seat

    @classmethod
    def last_ended(cls, person: Person) -> "Enrollment | None":
        """The place of the person that ended last, with its cohort."""
        ended = select(cls).where(cls.person_id == person.id, cls.ended_at.is_not(None)).order_by(cls.ended_at.desc())
        return db.session.scalar(ended.options(joinedload(cls.cohort)).limit(1))

    @classmethod
    def of_order(cls, order: Order) -> "list[Enrollment]":
        """Those the order pays for and that stand."""
        return list(db.session.scalars(select(cls).where(cls.order_id == order.id, cls.ended_at.is_(None))))

    @classmethod
    def ever_of(cls, order: Order) -> "list[Enrollment]":
        """Those the order pays for, or paid for, with person and cohort."""
        places = select(cls).where(cls.order_id == order.id).order_by(cls.id)
        return list(db.session.scalars(places.options(joinedload(cls.person), joinedload(cls.cohort))))

    @classmethod
    def begin(cls, order: Order, person: Person | None = None) -> "Enrollment":
        """The place of a person, or of the buyer. Lock the order and its cohort first, and see that none stands.

        One that the order paid for before, and that has ended, stands again, and moves if that is another cohort.
        """
        person = person or order.person
        ended = select(cls).where(cls.order_id == order.id, cls.person_id == person.id)
        if enrollment := db.session.scalar(ended):
            if enrollment.cohort_id != order.cohort_id:
                enrollment.moved_at, enrollment.moved_from = now(), enrollment.cohort
            enrollment.cohort, enrollment.ended_at = order.cohort, None
        else:
            enrollment = cls(order=order, person=person, cohort=order.cohort)
            db.session.add(enrollment)
        if entry := WaitlistEntry.standing(enrollment.person, order.cohort):
            entry.end("enrolled")
        return enrollment

    @classmethod
    def begin_all(cls, places: "Sequence[Enrollment]") -> None:
        """Note of those that stand that their person has opened a lesson."""
        begun = update(cls).where(cls.id.in_([place.id for place in places]), cls.begun_at.is_(None), STANDING)
        db.session.execute(begun.values(begun_at=now()))

    @property
    def shares_progress(self) -> bool:
        """Whether whoever bought the seat may read how far the person is."""
        return self.progress_shared_at is not None and self.ended_at is None

    def share_progress(self, shared: bool) -> None:
        self.progress_shared_at = (self.progress_shared_at or now()) if shared else None

    def go_on_from(self, other: "Enrollment") -> None:
        """What was open by another place there, which has ended for this one, stays open."""
        self.enrolled_at = min(self.enrolled_at, other.enrolled_at)
        if other.moved_at:
            self.moved_at, self.moved_from = other.moved_at, other.moved_from

    def end(self) -> None:
        """End the place. One that was moved holds a seat of its own, which it gives back; the order has the others.

        Lock the order first; end places in the order of their cohorts, and before anything that locks a person.
        """
        self.ended_at = now()
        if self.holds_own_seat:
            self.cohort.give_back_seats(1)

    @property
    def may_reopen(self) -> bool:
        """Whether it could stand again, had it a seat: its person is somebody, and no other place there is open."""
        theirs = select(Enrollment.id).join(Enrollment.order).where(Enrollment.person_id == self.person_id)
        there = or_(Enrollment.cohort_id == self.cohort_id, Enrollment.moved_from_id == self.cohort_id)
        return not (self.person.erased_at or db.session.scalar(theirs.where(there, Enrollment.opens()).limit(1)))

    @property
    def holds_own_seat(self) -> bool:
        """Whether its seat is counted by itself, and not by the order's: it was moved to another cohort."""
        return self.cohort_id != self.order.cohort_id

    @property
    def has_moved(self) -> bool:
        """Whether it was moved to the cohort it is in. One bought in the place of such a one has its own there."""
        return self.moved_at is not None and self.holds_own_seat

    @property
    def can_move(self) -> bool:
        """Whether it may move to a later cohort: once, from one with dates that is not over, while it opens it."""
        stands = self.ended_at is None and not self.is_suspended
        return stands and self.moved_at is None and not (self.cohort.is_self_paced or self.cohort.is_over)

    def move_to(self, cohort: Cohort) -> None:
        """Take a seat in `cohort`, and give the other back. Lock both cohorts and then the order. Raises CohortFull."""
        entry = WaitlistEntry.standing(self.person, cohort)
        if not (entry and entry.hand_over_seat()):
            cohort.take_seats(1)
        if entry:
            entry.end("enrolled")
        self.order.give_back_one()
        self.moved_at, self.moved_from, self.cohort = now(), self.cohort, cohort


def _weeks_begun(starts_on: date | None, time_zone: str, enrolled_at: datetime, at: datetime) -> int:
    first = starts_on or in_zone(enrolled_at, time_zone).date()
    return max((in_zone(at, time_zone).date() - first).days // 7 + 1, 0)


def already_buying(person: Person, cohort: Cohort) -> bool:
    """Whether the person is in the cohort, or has paid for a place by a debit that their bank still considers."""
    if Enrollment.is_open_to(person, cohort):
        return True
    under_way = select(Order.id).where(
        Order.person_id == person.id,
        Order.cohort_id == cohort.id,
        Order.seats == 1,
        Order.awaiting_payment_at.is_not(None),
        Order.paid_at.is_(None),
        Order.failed_at.is_(None),
    )
    return db.session.scalar(under_way.limit(1)) is not None


def has_bought_since(order: Order) -> bool:
    """Whether the buyer is in the order's cohort, or has paid for one in any since the order was begun."""
    paid = select(Order.id).where(Order.person_id == order.person_id, Order.paid_at >= order.created_at)
    return Enrollment.is_open_to(order.person, order.cohort) or db.session.scalar(paid.limit(1)) is not None
