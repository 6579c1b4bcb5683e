"""What is free, found the slow way: time goes by in steps of five minutes, and a clock is asked what it shows."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from app.coaching.availability.slots import DayHours

TICK = timedelta(minutes=5)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def slow_slots(rules, busy, bookings, now, zone):
    """Takes what slots() takes, in steps of five minutes; only the busy times need not be."""
    earliest, latest = now + rules.minimum_notice, now + rules.booking_window
    duration = timedelta(minutes=rules.duration_minutes)
    before = timedelta(minutes=rules.buffer_before_minutes)
    after = timedelta(minutes=rules.buffer_after_minutes)

    first = earliest - 3 * WEEK - (earliest - EPOCH) % WEEK
    clock = Walked(zone, first, (latest - first) // WEEK + 2)
    first_day = monday(clock.day(earliest)) - 7 * DAY
    last_day = max(clock.day(earliest), clock.day(latest + duration))
    weekly = [
        DayHours(day, hours.start_minute, hours.end_minute)
        for day in days(first_day, last_day)
        for hours in rules.weekly
        if hours.weekday == day.weekday()
    ]
    extra = [hours for hours in rules.extra if first_day <= hours.day]
    opened = {tick for hours in [*weekly, *extra] for tick in clock.ticks(hours)}
    blocked = {tick for hours in rules.blocked for tick in clock.ticks(hours)}
    taken = [*busy, *((booking.blocked_from, booking.blocked_until) for booking in bookings)]
    booked = [clock.day(booking.starts_at) for booking in bookings]

    def is_bookable(start):
        ticks = {start + number * TICK for number in range(duration // TICK)}
        day = clock.day(start)
        return (
            earliest <= start <= latest
            and ticks <= opened
            and not ticks & blocked
            and not any(touch((start - before, start + duration + after), span) for span in taken)
            and has_room(rules.most_per_day, booked.count(day))
            and has_room(rules.most_per_week, sum(monday(day) == monday(other) for other in booked))
        )

    began = {}
    for tick in sorted(opened):
        began[tick] = began.get(tick - TICK, tick)
    step = timedelta(minutes=rules.step_minutes)
    return [tick for tick in began if (tick - began[tick]) % step == timedelta() and is_bookable(tick)]


@cache
class Walked:
    """What a clock has shown for some weeks: the latest by then, for it tells nothing new when it is set back."""

    def __init__(self, zone, first, weeks):
        ticks = [first + number * TICK for number in range(weeks * WEEK // TICK)]
        shown = accumulate((tick.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for tick in ticks), max)
        self.at = dict(zip(ticks, shown, strict=True))
        self.of_day = {}
        for tick, wall in self.at.items():
            self.of_day.setdefault(wall.date(), []).append((tick, wall.hour * 60 + wall.minute))

    def day(self, moment):
        return self.at[moment - (moment - EPOCH) % TICK].date()

    def ticks(self, hours):
        """When it shows what lies in those hours, which may reach into the next two days."""
        for number in range(3):
            for tick, minute in self.of_day.get(hours.day + number * DAY, []):
                if hours.start_minute <= number * 1440 + minute < hours.end_minute:
                    yield tick


def days(first, last):
    return [first + number * DAY for number in range((last - first).days + 1)]


def monday(day):
    return day - day.weekday() * DAY


def touch(one, other):
    return max(one[0], other[0]) < min(one[1], other[1])


def has_room(most, booked):
    return most is None or booked < most
