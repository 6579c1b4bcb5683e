"""What is free and could be offered."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from operator import itemgetter
from typing import NamedTuple

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import Booking
from app.coaching.booking.diary import Diary
from app.coaching.booking.reserved import ReservedTime
from app.coaching.waiting.wishes import WaitingWish, day_and_part


class Opening(NamedTuple):
    """A free time of a coach."""

    starts_at: datetime
    coach: Coach


Sorted = dict[tuple[int, str], list[datetime]]


class Openings:
    """The free times of every coach: read once for each kind that is asked for, and kept up while they are taken.

    For each time zone they are sorted once into the days and parts of the day that people wait for, so that a line of
    thousands is no more work than looking up what each of them named.
    """

    def __init__(self) -> None:
        self._coaches = Coach.active()
        self._diaries: dict[int, list[Diary]] = {}
        self._free: dict[tuple[int, int], list[datetime]] = {}
        self._sorted: dict[tuple[int, int, str], Sorted] = {}

    def suiting(self, kind: ConsultationKind, wish: WaitingWish) -> Iterator[Opening]:
        """Those that suit somebody, earliest first; of two at once, first whose coach has fewer before them."""
        if kind.id not in self._diaries:
            read = Diary.read(kind, self._coaches) if kind.is_active else []
            self._diaries[kind.id] = sorted(read, key=lambda diary: diary.upcoming)
        able = [diary for diary in self._diaries[kind.id] if wish.coach is None or wish.coach.id == diary.coach.id]
        lists = [self._suiting_of(diary, kind.id, wish) for diary in able]
        return merge(*lists, key=itemgetter(0))  # It keeps the order of the lists where times are equal.

    def without(self, reserved: ReservedTime) -> None:
        """Note that this was taken since."""
        booking = Booking(reserved.starts_at, reserved.blocked_from, reserved.blocked_until)
        for kind_id, diaries in self._diaries.items():
            self._free.pop((kind_id, reserved.coach_id), None)
            changed = [
                diary._replace(bookings=[*diary.bookings, booking]) if diary.coach.id == reserved.coach_id else diary
                for diary in diaries
            ]
            self._diaries[kind_id] = sorted(changed, key=lambda diary: diary.upcoming)
        self._sorted = {key: times for key, times in self._sorted.items() if key[1] != reserved.coach_id}

    def _suiting_of(self, diary: Diary, kind_id: int, wish: WaitingWish) -> Iterator[Opening]:
        times = self._sorted_for(diary, kind_id, wish.time_zone)
        found = [times[day, part] for day in wish.weekdays for part in wish.day_parts if (day, part) in times]
        return (Opening(starts_at, diary.coach) for starts_at in merge(*found))

    def _sorted_for(self, diary: Diary, kind_id: int, zone: str) -> Sorted:
        """The free times of a coach by the weekday and the part of the day that they have on the clocks of a zone."""
        key = kind_id, diary.coach.id
        if key not in self._free:
            self._free[key] = diary.free()
        if (*key, zone) not in self._sorted:
            times: Sorted = defaultdict(list)
            for starts_at in self._free[key]:
                times[day_and_part(starts_at, zone)].append(starts_at)
            self._sorted[*key, zone] = times
        return self._sorted[*key, zone]
