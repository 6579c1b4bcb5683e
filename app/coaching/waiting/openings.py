"""What is free and could be offered."""

from datetime import datetime
from typing import NamedTuple

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import Booking
from app.coaching.booking.diary import Diary
from app.coaching.booking.reserved import ReservedTime


class Opening(NamedTuple):
    """A free time of a coach."""

    starts_at: datetime
    coach: Coach


class Openings:
    """The free times of every coach: read once for each kind that is asked for, and kept up while they are taken."""

    def __init__(self) -> None:
        self._coaches = Coach.active()
        self._diaries: dict[int, list[Diary]] = {}
        self._found: dict[int, list[Opening]] = {}

    def of(self, kind: ConsultationKind) -> list[Opening]:
        """Those for a kind of consultation, earliest first; of two at once, first whose coach has fewer before them."""
        if kind.id not in self._diaries:
            self._diaries[kind.id] = Diary.read(kind, self._coaches) if kind.is_active else []
        if kind.id not in self._found:
            diaries = sorted(self._diaries[kind.id], key=lambda diary: diary.upcoming)
            found = [Opening(starts_at, diary.coach) for diary in diaries for starts_at in diary.free()]
            self._found[kind.id] = sorted(found, key=lambda opening: opening.starts_at)
        return self._found[kind.id]

    def without(self, reserved: ReservedTime) -> None:
        """Note that this was taken since."""
        booking = Booking(reserved.starts_at, reserved.blocked_from, reserved.blocked_until)
        self._found.clear()
        for diaries in self._diaries.values():
            diaries[:] = [
                diary._replace(bookings=[*diary.bookings, booking]) if diary.coach.id == reserved.coach_id else diary
                for diary in diaries
            ]
