"""What a coach's hours leave free: read for all coaches at once, one query a table."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import BusyTime, Coach
from app.coaching.availability.slots import Booking, Interval, Rules, slots
from app.coaching.booking.reserved import ReservedTime
from app.extensions import db


class Diary(NamedTuple):
    """A coach's rules for one kind of consultation, and what is taken of their time."""

    coach: Coach
    rules: Rules
    busy: Sequence[Interval]
    bookings: Sequence[Booking]

    @classmethod
    def read(cls, kind: ConsultationKind, coaches: Sequence[Coach], but: Iterable[int] = ()) -> "list[Diary]":
        """Those of the coaches, in their order, without the reservations of the numbers in `but`."""
        busy: dict[int, list[Interval]] = {coach.id: [] for coach in coaches}
        wanted = select(BusyTime.coach_id, BusyTime.starts_at, BusyTime.ends_at).where(
            BusyTime.coach_id.in_(busy), BusyTime.ends_at > now()
        )
        for coach_id, *times in db.session.execute(wanted):
            busy[coach_id].append(Interval(*times))
        standing = ReservedTime.standing_of(coaches, but)
        return [cls(coach, coach.rules_for(kind), busy[coach.id], standing[coach.id]) for coach in coaches]

    def free(self) -> list[datetime]:
        """When a consultation can begin, in order."""
        return slots(self.rules, self.busy, self.bookings, now(), self.coach.time_zone)

    def was_ever_free(self, starts_at: datetime) -> bool:
        """Whether the time is one of the coach's, were nothing taken and the notice shorter."""
        rules = self.rules._replace(minimum_notice=timedelta(0), most_per_day=None, most_per_week=None)
        return starts_at in slots(rules, (), (), now(), self.coach.time_zone)

    def is_still_free(self, starts_at: datetime) -> bool:
        """Whether the time is free, however near it has come since it was chosen."""
        rules = self.rules._replace(minimum_notice=timedelta(0))
        return starts_at in slots(rules, self.busy, self.bookings, now(), self.coach.time_zone)

    @property
    def upcoming(self) -> int:
        """How many consultations the coach has before them."""
        return sum(booking.starts_at > now() for booking in self.bookings)
