"""Rules and times of a coach in New York, in few words. 2026-03-02 is a Monday."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.coaching.availability.slots import Booking, DayHours, Hours, Interval, Rules, slots

NEW_YORK = "America/New_York"


def rules(*weekly, **changed):
    """Half an hour, in steps of as much, without limits."""
    plain = Rules(
        weekly=weekly,
        extra=(),
        blocked=(),
        duration_minutes=30,
        step_minutes=30,
        buffer_before_minutes=0,
        buffer_after_minutes=0,
        minimum_notice=timedelta(),
        booking_window=timedelta(days=7),
        most_per_day=None,
        most_per_week=None,
    )
    return plain._replace(**changed)


def minutes(clock_time):
    """After midnight; "26:00" is two o'clock of the next day."""
    hour, minute = clock_time.split(":")
    return int(hour) * 60 + int(minute)


def on(weekday, start, end):
    """Hours of a weekday, 0 for Monday."""
    return Hours(weekday, minutes(start), minutes(end))


def day_on(day, start, end):
    return DayHours(date.fromisoformat(day), minutes(start), minutes(end))


def at(words, zone=NEW_YORK, fold=0):
    """The instant at which the clock of `zone` shows that."""
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def between(start, end):
    return Interval(at(start), at(end))


def booking(start, end):
    """One without buffers."""
    return Booking(at(start), at(start), at(end))


def shown(rules, now, busy=(), bookings=()):
    """The slots as the coach's clock shows them."""
    free = slots(rules, busy, bookings, at(now), NEW_YORK)
    return [f"{slot.astimezone(ZoneInfo(NEW_YORK)):%a %H:%M}" for slot in free]
