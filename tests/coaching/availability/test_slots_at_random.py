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

FIVES = [timedelta(minutes=5 * number) for number in range(288)]
# Changes are mostly made at night, and hours that meet are hours that merge.
START_MINUTES = st.sampled_from([0, 30, 60, 90, 120, 150, 180, 540, 1320, 1380, 1410]) | st.integers(0, 287).map(
    lambda number: number * 5
)
LENGTHS = st.sampled_from([5, 10, 15, 25, 30, 45, 60, 75])
HOURS = st.tuples(START_MINUTES, st.sampled_from([30, 60, 180, 240, 480, 1440]) | LENGTHS).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1])
)


@st.composite
def situations(draw):
    """All that slots() takes."""
    zone, change = draw(st.sampled_from(CHANGES))
    around = datetime.fromisoformat(change).replace(minute=0, tzinfo=UTC)
    moment = st.builds(
        lambda days, fives: around + timedelta(days=days) + fives, st.integers(-3, 3), st.sampled_from(FIVES)
    )
    day = st.integers(-2, 2).map(lambda number: around.date() + timedelta(days=number))
    dated = st.builds(lambda day, hours: DayHours(day, *hours), day, HOURS)
    weekly = st.builds(lambda day, hours: Hours(day.weekday(), *hours), day, HOURS)
    booking = st.builds(
        lambda start, before, length: Booking(start, start - before, start + before + timedelta(minutes=length)),
        moment,
        st.sampled_from(FIVES[:4]),
        LENGTHS,
    )
    busy = st.builds(
        lambda start, later, seconds: Interval(start + later, start + later + timedelta(seconds=seconds)),
        moment,
        st.sampled_from([timedelta(), timedelta(seconds=1), timedelta(minutes=4, seconds=59)]),
        st.sampled_from([0, 1, 300, 3600, 28800]),
    )
    rules = Rules(
        weekly=tuple(draw(st.lists(weekly, min_size=1, max_size=5))),
        extra=tuple(draw(st.lists(dated, max_size=2))),
        blocked=tuple(draw(st.lists(dated, max_size=1))),
        duration_minutes=draw(LENGTHS),
        step_minutes=draw(LENGTHS),
        buffer_before_minutes=draw(st.sampled_from([0, 5, 60])),
        buffer_after_minutes=draw(st.sampled_from([0, 5, 60])),
        minimum_notice=draw(st.sampled_from([timedelta(), timedelta(hours=2), timedelta(days=1)])),
        booking_window=draw(st.sampled_from([timedelta(hours=12), timedelta(days=2), timedelta(days=5)])),
        most_per_day=draw(st.sampled_from([None, None, 1, 2])),
        most_per_week=draw(st.sampled_from([None, None, None, 2, 3])),
    )
    now = (
        around
        + draw(st.sampled_from([-1, 1, 301])) * timedelta(seconds=1)
        - draw(st.integers(0, 60)) * timedelta(hours=1)
    )
    return rules, draw(st.lists(busy, max_size=3)), draw(st.lists(booking, max_size=4)), now, zone


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(situations())
def test_slots_are_those_found_by_walking_along_the_time(situation):
    assert slots(*situation) == slow_slots(*situation)
