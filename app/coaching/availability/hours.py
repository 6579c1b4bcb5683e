"""Hours as people write them, and what is odd about them: overlaps, and days on which the clocks change."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from app.clock import in_zone
from app.coaching.availability.slots import DayHours, Hours
from app.local_times import abbreviation

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
A_DAY = 24 * 60


def clock(minute: int) -> str:
    """Such as "09:30"; the end of a day is "24:00"."""
    return f"{minute // 60:02}:{minute % 60:02}"


def in_words(start_minute: int, end_minute: int) -> str:
    """Such as "09:00\N{EN DASH}12:00", or "22:00\N{EN DASH}02:00 (next day)"."""
    if (start_minute, end_minute) == (0, A_DAY):
        return "all day"
    if end_minute <= A_DAY:
        return f"{clock(start_minute)}\N{EN DASH}{clock(end_minute)}"
    return f"{clock(start_minute)}\N{EN DASH}{clock(end_minute - A_DAY)} (next day)"


def overlapping(week: Iterable[Hours]) -> tuple[Hours, Hours] | None:
    """Two that overlap, perhaps over midnight from Sunday to Monday; None where none do. Those that touch may."""
    ordered = sorted(week)
    after = [*ordered[1:], *(hours._replace(weekday=hours.weekday + 7) for hours in ordered[:1])]
    for one, next_one in zip(ordered, after, strict=True):
        if next_one.weekday * A_DAY + next_one.start_minute < one.weekday * A_DAY + one.end_minute:
            return one, next_one._replace(weekday=next_one.weekday % 7)
    return None


class ClockChange(NamedTuple):
    """A moment at which the clocks of a zone are set to something else: what they would show, and what they show."""

    moment: datetime
    before: datetime  # What the clocks would show, as if they had not been changed.
    after: datetime

    @property
    def jumps(self) -> bool:
        """Whether they go forward, so that some times never come that day; else some come twice."""
        return self.after.replace(tzinfo=None) > self.before.replace(tzinfo=None)

    def touches(self, day: date, minute: int) -> bool:
        """Whether the clocks never show that minute of the day then, or show it twice."""
        wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        first, last = sorted((self.before.replace(tzinfo=None), self.after.replace(tzinfo=None)))
        return first <= wall < last


def clock_changes(zone: str, after: datetime, until: datetime) -> list[ClockChange]:
    """Those of the zone between both moments."""
    days = [after + timedelta(days=number) for number in range((until - after).days + 2)]
    spans = [(one, other) for one, other in pairwise(days) if _offset(one, zone) != _offset(other, zone)]
    return [_change(zone, *span) for span in spans]


def _change(zone: str, start: datetime, end: datetime) -> ClockChange:
    """The one between both moments, found by halving."""
    offset, later = _offset(start, zone), _offset(end, zone)
    first, last = int(start.timestamp()) // 60, int(end.timestamp()) // 60 + 1
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if _offset(_at(middle), zone) == offset else (first, middle)
    moment = _at(last)
    return ClockChange(moment, in_zone(moment, zone) + (offset - later), in_zone(moment, zone))


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _offset(moment: datetime, zone: str) -> timedelta:
    return in_zone(moment, zone).utcoffset() or timedelta()


def odd_days(weekly: Iterable[Hours], dated: Iterable[DayHours], changes: Iterable[ClockChange]) -> list[str]:
    """In words, what becomes of hours that begin or end while the clocks are changed."""
    weekly, dated = list(weekly), list(dated)
    words = []
    for change in changes:
        days = [change.after.date() + timedelta(days=number) for number in (-1, 0)]
        hours = [DayHours(day, *each[1:]) for day in days for each in weekly if each.weekday == day.weekday()]
        hours += [each for each in dated if each.day in days]
        ends = {(day, minute) for day, start, end in hours for minute in (start, end)}
        touched = sorted({clock(minute % A_DAY) for day, minute in ends if change.touches(day, minute)})
        words += [_what_becomes(change, ", ".join(touched))] if touched else []
    return words


def _what_becomes(change: ClockChange, times: str) -> str:
    before, after = change.before, change.after
    day = f"{after:%A, %B} {after.day}, {after.year}"
    if change.jumps:
        return f"On {day} the clocks jump from {before:%H:%M} to {after:%H:%M}: {times} is {after:%H:%M} that day."
    names = abbreviation(in_zone(change.moment - timedelta(minutes=1), after.tzinfo.key))  # type: ignore[union-attr]
    return f"On {day} the clocks go back from {before:%H:%M} to {after:%H:%M}: {times} means the first time ({names})."
