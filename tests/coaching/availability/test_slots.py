from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.coaching.availability.slots import Hours, Rules, slots

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
    hour, minute = clock_time.split(":")
    return int(hour) * 60 + int(minute)


def on(weekday, start, end):
    """Hours of a weekday, 0 for Monday."""
    return Hours(weekday, minutes(start), minutes(end))


def at(words, zone=NEW_YORK, fold=0):
    """The instant at which the clock of `zone` shows that."""
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def shown(rules, now, zone=NEW_YORK, busy=(), bookings=()):
    """The slots as the coach's clock shows them."""
    free = slots(rules, busy, bookings, at(now, zone), zone)
    return [f"{slot.astimezone(ZoneInfo(zone)):%a %H:%M}" for slot in free]


def test_hours_begin_and_end_where_the_clock_shows_it_as_it_is_set_forward():
    week = rules(on(6, "9:00", "10:00"), on(6, "15:00", "16:00"))
    assert shown(week, "2026-03-05") == ["Sun 09:00", "Sun 09:30", "Sun 15:00", "Sun 15:30"]
    assert slots(week, [], [], at("2026-03-05"), NEW_YORK)[0] == datetime(2026, 3, 8, 13, tzinfo=UTC)
