"""A week of free times on somebody's own clock, to choose from."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from app.clock import in_zone, now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.diary import Diary
from app.coaching.fields import slot_start, slot_value
from app.coaching.intake import MOST_TIMES
from app.local_times import DEFAULT_ZONE, abbreviation, clock_time, date_in_words, offered_zones

A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)
# No coach can be booked further ahead.
LONGEST_AHEAD = timedelta(days=366)
# Parts of a week that leave the usual working day alone, and the hours that bound them.
EARLY_UNTIL, EVENING_FROM = 8, 17
PARTS = {"early": "Before 8 AM", "evening": "From 5 PM on", "weekend": "Weekends"}


class Wish(NamedTuple):
    """What somebody wants to see: their zone, a day of the week to show, the parts of a week that suit (all, if none
    is named), and the times they have chosen already."""

    zone: str = DEFAULT_ZONE
    week: date | None = None
    parts: frozenset[str] = frozenset()
    chosen: tuple[datetime, ...] = ()

    @classmethod
    def read(cls, sent: MultiDict[str, str], zone: str = DEFAULT_ZONE) -> Self:
        """The wish in a query or a form. What makes no sense there counts as not said."""
        asked = sent.get("time_zone", zone)
        chosen = map(_start, sent.getlist("slot")[: MOST_TIMES + 1])
        return cls(
            asked if asked in offered_zones() else zone,
            _day(sent.get("to") or sent.get("week", "")),
            frozenset(PARTS).intersection(sent.getlist("part")),
            tuple(dict.fromkeys(start for start in chosen if start)),
        )

    def around(self, moment: datetime) -> Self:
        """The wish for the week of that moment."""
        return self._replace(week=in_zone(moment, self.zone).date())


class Slot(NamedTuple):
    """A free time, and what the clocks of the person show then."""

    starts_at: datetime
    shown: datetime

    @classmethod
    def of(cls, starts_at: datetime, zone: str) -> Self:
        return cls(starts_at, in_zone(starts_at, zone))

    @property
    def value(self) -> str:
        return slot_value(self.starts_at)

    @property
    def clock(self) -> str:
        """Such as "9:30 AM"."""
        return clock_time(self.shown)

    @property
    def abbreviation(self) -> str:
        """Of the zone at that time, such as "EST"."""
        return abbreviation(self.shown)

    @property
    def comes_twice(self) -> bool:
        """Whether the clocks, set back that day, show it another time too."""
        return self.shown.replace(fold=0).utcoffset() != self.shown.replace(fold=1).utcoffset()

    @property
    def date_in_words(self) -> str:
        """Such as "Tuesday, March 16, 2027"."""
        return date_in_words(self.shown)

    def is_in(self, parts: Iterable[str]) -> bool:
        """Whether it is in one of the parts of a week, or none is named."""
        hour, weekday = self.shown.hour, self.shown.weekday()
        held = {"early": hour < EARLY_UNTIL, "evening": hour >= EVENING_FROM, "weekend": weekday >= 5}
        return not parts or any(held[part] for part in parts)


class ClocksChange(NamedTuple):
    """What the zone is called before and after its clocks are changed."""

    before: str
    after: str
    is_forward: bool


class Day(NamedTuple):
    """A day of the week shown."""

    day: date
    slots: list[Slot]
    clocks_change: ClocksChange | None

    @property
    def in_words(self) -> str:
        """Such as "Tuesday, March 16, 2027"."""
        return date_in_words(self.day)


class Picker:
    """The free times that fit a wish, a week at a time."""

    def __init__(self, free: Sequence[datetime], wish: Wish) -> None:
        """`free` is in order."""
        self.free, self.wish, self.zone = free, wish, wish.zone
        self.chosen = [Slot.of(start, self.zone) for start in free if start in wish.chosen]
        self.starts_on = self._first_day()
        self.days = [self._day(self.starts_on + number * A_DAY) for number in range(7)]

    @classmethod
    def of(cls, kind: ConsultationKind, coaches: Sequence[Coach], wish: Wish, but: Iterable[int] = ()) -> Self:
        """The free times of the coaches, as if the reservations of the numbers in `but` were not."""
        diaries = Diary.read(kind, coaches, but)
        return cls(sorted({start for diary in diaries for start in diary.free()}), wish)

    @property
    def slots(self) -> list[Slot]:
        """Those of the week shown."""
        return [slot for day in self.days for slot in day.slots]

    @property
    def week_in_words(self) -> str:
        """Such as "November 29 to December 5, 2026"."""
        last = self.starts_on + 6 * A_DAY
        year = f", {self.starts_on.year}" if self.starts_on.year != last.year else ""
        month = f"{last:%B} " if self.starts_on.month != last.month else ""
        return f"{self.starts_on:%B} {self.starts_on.day}{year} to {month}{last.day}, {last.year}"

    @property
    def abbreviations(self) -> list[str]:
        """What the zone is called at the times shown: two names in a week in which clocks are changed."""
        return list(dict.fromkeys(slot.abbreviation for slot in self.slots))

    @property
    def elsewhere(self) -> list[Slot]:
        """What is chosen and not among those shown."""
        return [slot for slot in self.chosen if slot not in self.slots]

    @property
    def gone(self) -> tuple[datetime, ...]:
        """What is chosen and not free."""
        found = {slot.starts_at for slot in self.chosen}
        return tuple(start for start in self.wish.chosen if start not in found)

    @property
    def previous(self) -> date | None:
        """The week before, unless nothing is free so early."""
        return self.starts_on - A_WEEK if self.free and self.free[0] < self._begin(self.starts_on) else None

    @property
    def next(self) -> date | None:
        """The week after, unless nothing is free so late."""
        after = self.starts_on + A_WEEK
        return after if self.free and self.free[-1] >= self._begin(after) else None

    @property
    def nearest(self) -> Slot | None:
        """The time to go to from a week without one: the next that fits, or the last before it."""
        here = bisect_left(self.free, self._begin(self.starts_on))
        return next(self._fitting(self.free[here:]), None) or next(self._fitting(self.free[:here][::-1]), None)

    def around(self, starts_at: datetime) -> "Picker":
        """The same times, in the week of that one."""
        return Picker(self.free, self.wish.around(starts_at))

    def near(self, starts_at: datetime) -> list[Slot]:
        """Those shown that are nearest to a time, in order."""
        return sorted(sorted(self.slots, key=lambda slot: abs(slot.starts_at - starts_at))[:3])

    def _first_day(self) -> date:
        """The Sunday of the week to show: the one wished for, or else one with a time in it."""
        if not self.free:
            return _sunday(in_zone(now(), self.zone).date())
        first, last = (in_zone(start, self.zone).date() for start in (self.free[0], self.free[-1]))
        with_one = [slot.shown.date() for slot in (*self.chosen, *islice(self._fitting(self.free), 1))]
        return _sunday(min(max(self.wish.week or next(iter(with_one), first), first), last))

    def _day(self, day: date) -> Day:
        begins, ends = (bisect_left(self.free, self._begin(each)) for each in (day, day + A_DAY))
        return Day(day, list(self._fitting(self.free[begins:ends])), _clocks_change(day, self.zone))

    def _fitting(self, starts: Iterable[datetime]) -> Iterator[Slot]:
        """Those in the parts of a week that were wished for."""
        slots = (Slot.of(start, self.zone) for start in starts)
        return (slot for slot in slots if slot.is_in(self.wish.parts))

    def _begin(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def _start(value: str) -> datetime | None:
    try:
        start = slot_start(value)
    except ValidationError:
        return None
    return start if abs(start - now()) < LONGEST_AHEAD else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _sunday(day: date) -> date:
    """The first day of its week, as calendars in the United States have it."""
    return day - day.isoweekday() % 7 * A_DAY


def _clocks_change(day: date, zone: str) -> ClocksChange | None:
    begins, ends = (datetime.combine(each, time(), ZoneInfo(zone)) for each in (day, day + A_DAY))
    by = (ends.utcoffset() or timedelta()) - (begins.utcoffset() or timedelta())
    return ClocksChange(abbreviation(begins), abbreviation(ends), by > timedelta()) if by else None
