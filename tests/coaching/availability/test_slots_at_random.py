"""The slots of any rules, around changes of the clocks of all sorts, beside those found by walking along the time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.coaching.availability.slots import Booking, DayHours, Hours, Interval, Rules, slots
from tests.coaching.availability.slow_slots import slow_slots

# A zone, and the moment of a change of its clocks.
CHANGES = [
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("America/St_Johns", "2026-03-08T05:30"),
    ("America/St_Johns", "2010-11-07T02:31"),  # Set back over midnight, one minute after it.
    ("Asia/Beirut", "2026-03-28T22:00"),  # Forward at midnight.
    ("Asia/Beirut", "2026-10-24T21:00"),  # Back at midnight.
    ("Asia/Kathmandu", "1985-12-31T18:30"),  # Forward by a quarter of an hour, to the zone's 45 minutes.
    ("Pacific/Chatham", "2026-04-04T14:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # Back by half an hour.
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Antarctica/Troll", "2026-03-29T01:00"),  # Forward by two hours.
    ("Pacific/Apia", "2011-12-30T10:00"),  # A day is skipped.
    ("Asia/Kolkata", "2026-03-08T00:00"),  # None.
]

SUNDAY = datetime(2026, 3, 8, 7, tzinfo=UTC)
FIVES = [timedelta(minutes=5 * number) for number in range(288)]
# Changes are mostly made at night, and hours that meet are hours that merge.
START_MINUTES = st.sampled_from([0, 60, 90, 120, 150, 540, 1380]) | st.sampled_from(range(0, 1440, 5))
LENGTHS = st.sampled_from([5, 15, 25, 30, 60])
HOURS = st.tuples(START_MINUTES, st.sampled_from([30, 60, 90, 240, 1440]) | LENGTHS).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)
DAYS = st.integers(-2, 2).map(lambda number: SUNDAY.date() + timedelta(days=number))
MOMENTS = st.builds(lambda days, later: SUNDAY + timedelta(days) + later, st.integers(-3, 3), st.sampled_from(FIVES))
BUSY = st.builds(
    lambda start, later, seconds: Interval(start + later, start + later + timedelta(seconds=seconds)),
    MOMENTS,
    st.sampled_from([timedelta(), timedelta(seconds=1), timedelta(minutes=4, seconds=59)]),
    st.sampled_from([0, 1, 300, 3600, 28800]),
)
BOOKINGS = st.builds(
    lambda start, around, minutes: Booking(start, start - around, start + around + timedelta(minutes=minutes)),
    MOMENTS,
    st.sampled_from(FIVES[:4]),
    LENGTHS,
)
RULES = st.builds(
    Rules,
    weekly=st.lists(st.builds(lambda day, hours: Hours(day.weekday(), *hours), DAYS, HOURS), min_size=1, max_size=4),
    extra=st.lists(st.builds(lambda day, hours: DayHours(day, *hours), DAYS, HOURS), max_size=2),
    blocked=st.lists(st.builds(lambda day, hours: DayHours(day, *hours), DAYS, HOURS), max_size=1),
    duration_minutes=LENGTHS,
    step_minutes=LENGTHS,
    buffer_before_minutes=st.sampled_from([0, 5, 60]),
    buffer_after_minutes=st.sampled_from([0, 5, 60]),
    minimum_notice=st.sampled_from([timedelta(), timedelta(hours=2), timedelta(days=1)]),
    booking_window=st.sampled_from([timedelta(days=5), timedelta(days=2), timedelta(hours=12)]),
    most_per_day=st.sampled_from([None, None, 1, 2]),
    most_per_week=st.sampled_from([None, None, None, 2, 3]),
)
NOW = st.builds(
    lambda hours, seconds: SUNDAY + timedelta(hours=hours, seconds=seconds),
    st.integers(-60, 0),
    st.sampled_from([0, 1, -1, 301]),
)


def moved(rules, busy, bookings, now, by):
    """The same with everything earlier or later, so that it lies around another moment than that Sunday."""
    days = timedelta((SUNDAY + by).date().toordinal() - SUNDAY.date().toordinal())
    rules = rules._replace(
        weekly=[hours._replace(weekday=(hours.weekday + days.days) % 7) for hours in rules.weekly],
        extra=[hours._replace(day=hours.day + days) for hours in rules.extra],
        blocked=[hours._replace(day=hours.day + days) for hours in rules.blocked],
    )
    busy = [Interval(*(moment + by for moment in interval)) for interval in busy]
    return rules, busy, [Booking(*(moment + by for moment in booking)) for booking in bookings], now + by


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(RULES, st.lists(BUSY, max_size=3), st.lists(BOOKINGS, max_size=4), NOW)
def test_slots_are_those_found_by_walking_along_the_time(rules, busy, bookings, now):
    for zone, change in CHANGES:
        by = datetime.fromisoformat(change).replace(minute=0, tzinfo=UTC) - SUNDAY
        situation = *moved(rules, busy, bookings, now, by), zone
        assert slots(*situation) == slow_slots(*situation), situation
