"""Which times of a coach are free: plain arithmetic on minutes, which knows neither rows nor requests."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import accumulate, repeat
from operator import add
from typing import NamedTuple

from app.coaching.availability.wall_clock import EPOCH, MINUTE, WallClock, minute_after, minute_of, number_of, weekday

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
    other from its beginning, in steps of time as it passes. Hours that never end count from the Monday of the week
    before the first time that can be booked.
    """
    clock = WallClock(zone)
    bookings = list(bookings)
    earliest, latest = now + rules.minimum_notice, now + rules.booking_window
    days = _days(clock.day(earliest), clock.day(latest + rules.duration_minutes * MINUTE))
    shut = [(-FOREVER, minute_after(earliest)), (minute_of(latest) + 1, FOREVER)]
    shut += _taken(rules, busy, bookings)
    shut += _blocked(rules, days, clock)
    shut += _full(rules, bookings, days, clock)
    free = _free(rules, _merged(_hours(rules, days, clock)), _merged(shut))
    return [start for starts in free for start in _moments(starts)]


def open_hours(rules: Rules, first: date, last: date, zone: str) -> list[Interval]:
    """When the coach talks on the days from `first` to `last`, whatever is taken of it, merged and in order."""
    clock = WallClock(zone)
    days = range(number_of(first) - 1, number_of(last) + 1)  # The first night began on the day before.
    begin, end = clock.days(days[1], len(days) - 1)
    shut = _merged([(-FOREVER, begin), *_on(rules.blocked, days, clock), (end, FOREVER)])
    left = []
    for start, ends in _merged(_hours(rules, days, clock)):
        for shut_from, shut_until in shut:
            if start < (until := min(ends, shut_from)):
                left.append(Interval(EPOCH + start * MINUTE, EPOCH + until * MINUTE))
            start = max(start, shut_until)
    return left


def _days(first: int, last: int) -> range:
    """Those two and between, from a Monday on that is at least a week ahead, to know where hours began."""
    return range(first - weekday(first) - 7, last + 1)


def _hours(rules: Rules, days: range, clock: WallClock) -> Iterator[Span]:
    weekly = [[hours for hours in rules.weekly if hours.weekday == number] for number in range(7)]
    for day in days:
        for _, start_minute, end_minute in weekly[weekday(day)]:
            yield clock.begin(day, start_minute), clock.begin(day, end_minute)
    yield from _on(rules.extra, days, clock)


def _on(dated: Iterable[DayHours], days: range, clock: WallClock) -> Iterator[Span]:
    for on, start_minute, end_minute in dated:
        if (day := number_of(on)) in days:
            yield clock.begin(day, start_minute), clock.begin(day, end_minute)


def _taken(rules: Rules, busy: Iterable[Interval], bookings: Iterable[Booking]) -> Iterator[Span]:
    taken = [*busy, *((blocked_from, blocked_until) for _, blocked_from, blocked_until in bookings)]
    spans = ((minute_of(starts_at), minute_after(ends_at)) for starts_at, ends_at in taken if starts_at < ends_at)
    return _starts_that_touch(spans, rules.buffer_before_minutes, rules.duration_minutes + rules.buffer_after_minutes)


def _blocked(rules: Rules, days: range, clock: WallClock) -> Iterator[Span]:
    return _starts_that_touch(_on(rules.blocked, days, clock), 0, rules.duration_minutes)


def _starts_that_touch(spans: Iterable[Span], before: int, after: int) -> Iterator[Span]:
    """Where nothing may start that reaches from `before` minutes before its start to `after` minutes after it."""
    return ((begins - after + 1, ends + before) for begins, ends in spans if begins < ends)


def _full(rules: Rules, bookings: Iterable[Booking], days: range, clock: WallClock) -> Iterator[Span]:
    """The days and the weeks that have as many bookings as the coach takes."""
    booked = [clock.day(starts_at) for starts_at, _, _ in bookings]
    if rules.most_per_day is not None:
        per_day = Counter(booked)
        yield from (clock.days(day, 1) for day in days if per_day[day] >= rules.most_per_day)
    if rules.most_per_week is not None:
        per_week = Counter(day - weekday(day) for day in booked)
        yield from (clock.days(monday, 7) for monday in days[::7] if per_week[monday] >= rules.most_per_week)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In order, with those made one that touch or overlap."""
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


def _free(rules: Rules, hours: list[Span], shut: list[Span]) -> Iterator[range]:
    """The minutes at which a slot starts, found by walking along both lists at once. The last of `shut` never ends."""
    step = rules.step_minutes
    ahead = iter(shut)
    shut_from, shut_until = next(ahead)
    for start, end in hours:
        too_late = end - rules.duration_minutes + 1
        while start < too_late:
            if shut_until <= start:
                shut_from, shut_until = next(ahead)
            elif shut_from <= start:
                start += _steps(shut_until - start, step) * step
            else:
                yield (starts := range(start, min(shut_from, too_late), step))
                start += len(starts) * step


def _steps(minutes: int, step: int) -> int:
    """How many it takes to get that far, or further."""
    return -(-minutes // step)


def _moments(minutes: range) -> Iterator[datetime]:
    return accumulate(repeat(minutes.step * MINUTE, len(minutes) - 1), add, initial=EPOCH + minutes.start * MINUTE)
