from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import Booking
from app.extensions import Model, db

if TYPE_CHECKING:
    from app.coaching.models import Consultation

TICK_SECONDS = 300


class SlotTaken(Exception):
    """Somebody else has the time, or holds it."""


class ReservedTime(Model):
    """A coach's time that nobody else can take: booked, or held for a while."""

    __table_args__ = (
        Index("ix_reserved_time_coach_until", "coach_id", "blocked_until"),
        CheckConstraint(
            "blocked_from <= starts_at AND starts_at < ends_at AND ends_at <= blocked_until", name="in_order"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # None while it is an opening held for somebody on the waiting list.
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id", ondelete="CASCADE"), index=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # With the buffers that counted when it was reserved.
    blocked_from: Mapped[datetime]
    blocked_until: Mapped[datetime]
    held_until: Mapped[datetime | None] = mapped_column(index=True)  # None once it is booked.
    is_proposed_by_coach: Mapped[bool] = mapped_column(default=False)
    coach: Mapped[Coach] = relationship()
    consultation: Mapped["Consultation | None"] = relationship(back_populates="reserved_times")

    @classmethod
    def make(
        cls,
        coach: Coach,
        kind: ConsultationKind,
        starts_at: datetime,
        held_until: datetime | None = None,
        instead_of: Iterable["ReservedTime"] = (),
        beside: Iterable["ReservedTime"] = (),
    ) -> "ReservedTime":
        """Take the time and its buffers, whatever the hours say, and give back those it is `instead_of`.

        It may overlap those it stands `beside`, of which one alone will be settled on. Lock the coach first.
        Raises SlotTaken; then nothing has changed.
        """
        ends_at = starts_at + timedelta(minutes=kind.duration_minutes)
        reserved = cls(
            coach=coach,
            starts_at=starts_at,
            ends_at=ends_at,
            blocked_from=starts_at - timedelta(minutes=coach.buffer_before_minutes),
            blocked_until=ends_at + timedelta(minutes=coach.buffer_after_minutes),
            held_until=held_until,
        )
        cls.let_go_lapsed(coach)
        try:
            with db.session.begin_nested():
                cls.give_back(cls.id.in_([given_back.id for given_back in instead_of]))
                db.session.add(reserved)
                db.session.flush()
                reserved.take_ticks(beside)
        except IntegrityError:
            raise SlotTaken from None
        return reserved

    def take_ticks(self, beside: Iterable["ReservedTime"] = ()) -> None:
        """Have all its ticks, but for those that others of the same consultation have already."""
        ours = [self.id, *(other.id for other in beside if other.coach_id == self.coach_id)]
        had = set(db.session.scalars(select(ReservedTick.tick).where(ReservedTick.reserved_time_id.in_(ours))))
        missing = [tick for tick in self.ticks if tick not in had]
        taken = [{"coach_id": self.coach_id, "tick": tick, "reserved_time_id": self.id} for tick in missing]
        if taken:
            db.session.execute(insert(ReservedTick), taken)

    @classmethod
    def give_back(cls, *chosen: ColumnElement[bool]) -> None:
        """Free the chosen times, those that somebody else has let go already left aside."""
        db.session.flush()
        db.session.execute(delete(cls).where(*chosen).execution_options(synchronize_session="fetch"))

    @property
    def ticks(self) -> range:
        """The five minutes it takes, counted from 1970; those it takes only in part too."""
        first, last = int(self.blocked_from.timestamp()), int(self.blocked_until.timestamp())
        return range(first // TICK_SECONDS, -(-last // TICK_SECONDS))

    @classmethod
    def stands(cls) -> "ColumnElement[bool]":
        """The condition under which a time is booked, or held to this day."""
        return or_(cls.held_until.is_(None), cls.held_until > now())

    @classmethod
    def standing_of(cls, coaches: Iterable[Coach], but: Iterable[int] = ()) -> "dict[int, list[Booking]]":
        """What is taken of each of the coaches, by their numbers, without the reservations of the numbers in `but`."""
        # This week's past bookings count towards the most of a week.
        recent = cls.blocked_until > now() - timedelta(days=8)
        standing: dict[int, list[Booking]] = {coach.id: [] for coach in coaches}
        rows = db.session.execute(
            select(cls.coach_id, cls.starts_at, cls.blocked_from, cls.blocked_until).where(
                cls.coach_id.in_(standing), cls.id.not_in(list(but)), recent, cls.stands()
            )
        )
        for coach_id, *times in rows:
            standing[coach_id].append(Booking(*times))
        return standing

    @classmethod
    def let_go_lapsed(cls, coach: Coach | None = None) -> None:
        """Delete what was held and is over, of one coach or of all."""
        of_coach = [cls.coach_id == coach.id] if coach else []
        cls.give_back(cls.held_until <= now(), *of_coach)


class ReservedTick(Model):
    """Five minutes of a coach's time, which only one reservation can have."""

    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id"), primary_key=True)
    tick: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reserved_time_id: Mapped[int] = mapped_column(ForeignKey("reserved_time.id", ondelete="CASCADE"), index=True)
