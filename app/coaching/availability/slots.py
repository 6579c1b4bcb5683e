"""Which times of a coach are free: plain arithmetic on minutes, which knows neither rows nor requests."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY = EPOCH.date().toordinal()
MINUTE = timedelta(minutes=1)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FOREVER = 1 << 62


class Interval(NamedTuple):
    """From `starts_at` until just before `ends_at`, in UTC."""

    starts_at: datetime
    ends_at: datetime


class Hours(NamedTuple):
    """Hours of each week, in minutes after midnight on the coach's clock; over 1440 is the day after."""

    weekday: int
    start_minute: int
    end_minute: int


class DayHours(NamedTuple):
    """Hours of one date, in minutes like those of a week."""

    day: date
    start_minute: int
    end_minute: int


class Booking(NamedTuple):
    """A time that is booked or held, in UTC, and what it blocks together with its buffers."""

    starts_at: datetime
    blocked_from: datetime
    blocked_until: datetime


class Rules(NamedTuple):
    """What a coach has set, and the length of the kind of consultation that is looked for."""

    weekly: tuple[Hours, ...]
    extra: tuple[DayHours, ...]
    blocked: tuple[DayHours, ...]
    duration_minutes: int
    step_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    minimum_notice: timedelta
    booking_window: timedelta
    most_per_day: int | None
    most_per_week: int | None


# From one minute until just before another, both counted from the epoch.
Span = tuple[int, int]


def slots(
    rules: Rules, busy: Iterable[Interval], bookings: Iterable[Booking], now: datetime, zone: str
) -> list[datetime]:
    """The starts, in UTC and in order, of all consultations that could still be booked with the coach.

    `zone` is the one of the coach's clock: hours, days and weeks (Monday to Sunday) are read on it. Hours begin at the
    first moment at which it shows their minute or a later one, and end likewise, so that a skipped minute is the moment
    of the jump and a doubled one its first coming. Where hours touch or overlap they are one, and slots follow each
    other from its beginning, in steps of time as it passes. Hours without an end count from the Monday of the week
    before the first time that can be booked.
    """
    clock = ZoneInfo(zone)
    bookings = list(bookings)
    earliest, latest = now + rules.minimum_notice, now + rules.booking_window
    days = _days(earliest, latest + rules.duration_minutes * MINUTE, clock)
    shut = [(-FOREVER, _minute_from(earliest)), (_minute(latest) + 1, FOREVER)]
    shut += _taken(rules, busy, bookings)
    shut += _blocked(rules, days, clock)
    shut += _full(rules, bookings, days, clock)
    starts = _starts(rules, _merged(_hours(rules, days, clock)), _merged(shut))
    return [EPOCH + start * MINUTE for start in starts]


def _days(earliest: datetime, latest: datetime, clock: ZoneInfo) -> list[date]:
    """Whole weeks around both, far enough before to know where hours began.

    One day more at the end, because clocks set back over midnight show a day that had already begun.
    """
    first, last = earliest.astimezone(clock).date(), latest.astimezone(clock).date() + DAY
    monday = first - first.weekday() * DAY - WEEK
    return [monday + number * DAY for number in range((last - monday).days + 1)]


def _hours(rules: Rules, days: list[date], clock: ZoneInfo) -> Iterator[Span]:
    weekly = [[hours for hours in rules.weekly if hours.weekday == weekday] for weekday in range(7)]
    for day in days:
        for hours in weekly[day.weekday()]:
            yield _begin(day, hours.start_minute, clock), _begin(day, hours.end_minute, clock)
    yield from _on(rules.extra, days, clock)


def _on(dated: Iterable[DayHours], days: list[date], clock: ZoneInfo) -> Iterator[Span]:
    for day, start_minute, end_minute in dated:
        if days and days[0] <= day <= days[-1]:
            yield _begin(day, start_minute, clock), _begin(day, end_minute, clock)


def _taken(rules: Rules, busy: Iterable[Interval], bookings: list[Booking]) -> list[Span]:
    taken = [*busy, *((booking.blocked_from, booking.blocked_until) for booking in bookings)]
    spans = [(_minute(starts_at), _minute_from(ends_at)) for starts_at, ends_at in taken if starts_at < ends_at]
    return _starts_that_touch(spans, rules.buffer_before_minutes, rules.duration_minutes + rules.buffer_after_minutes)


def _blocked(rules: Rules, days: list[date], clock: ZoneInfo) -> list[Span]:
    return _starts_that_touch(_on(rules.blocked, days, clock), 0, rules.duration_minutes)


def _starts_that_touch(spans: Iterable[Span], before: int, after: int) -> list[Span]:
    """Where a slot may not start that reaches from `before` minutes before its start to `after` minutes after it."""
    return [(begins - after + 1, ends + before) for begins, ends in spans if begins < ends]


def _full(rules: Rules, bookings: list[Booking], days: list[date], clock: ZoneInfo) -> Iterator[Span]:
    """The days and weeks that have as many bookings as the coach takes."""
    per_day = Counter(booking.starts_at.astimezone(clock).date() for booking in bookings)
    for most, length in ((rules.most_per_day, 1), (rules.most_per_week, 7)):
        if most is not None:
            for day in days[::length]:
                if sum(per_day[day + number * DAY] for number in range(length)) >= most:
                    yield _begin(day, 0, clock), _begin(day + length * DAY, 0, clock)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those made one that touch or overlap."""
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


def _starts(rules: Rules, hours: list[Span], shut: list[Span]) -> Iterator[int]:
    """The minutes at which a slot starts, by walking along both lists at once. The last of `shut` has no end."""
    step = rules.step_minutes
    ahead = iter(shut)
    shut_from, shut_until = next(ahead)
    for start, ends in hours:
        too_late = ends - rules.duration_minutes + 1
        while start < too_late:
            if shut_until <= start:
                shut_from, shut_until = next(ahead)
                continue
            free = range(start, min(shut_from, too_late), step)
            yield from free
            start += len(free) * step
            if shut_from <= start:
                start += max(0, -(-(shut_until - start) // step)) * step


def _begin(day: date, minute: int, clock: ZoneInfo) -> int:
    """The first minute at which the clock shows that minute of the day, or a later one."""
    shown = (day.toordinal() - FIRST_DAY) * 1440 + minute
    wall = (EPOCH + shown * MINUTE).replace(tzinfo=clock)
    before, after = _offset(wall), _offset(wall.replace(fold=1))
    if before >= after:
        return shown - before
    # The clock jumps over it, at some minute between those that the offsets before and after the jump would make it.
    skipped = range(shown - after, shown - before)
    return skipped.start + bisect_left(skipped, after, key=lambda at: _offset((EPOCH + at * MINUTE).astimezone(clock)))


def _offset(shown: datetime) -> int:
    return (shown.utcoffset() or timedelta()) // MINUTE


def _minute(moment: datetime) -> int:
    """The minute it falls into."""
    return (moment - EPOCH) // MINUTE


def _minute_from(moment: datetime) -> int:
    """The first minute that begins then or later."""
    return -((EPOCH - moment) // MINUTE)
