"""Nights on all kinds of clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from app.clock import in_zone
from app.coaching.waiting.nights import after_waking, is_night
from app.local_times import instant

NEW_YORK, LORD_HOWE, KATHMANDU = "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"


@pytest.mark.parametrize("zone", [NEW_YORK, LORD_HOWE, KATHMANDU, "America/St_Johns", "UTC"])
def test_the_night_is_from_ten_to_seven(zone):
    for wall, expected in (("21:59", False), ("22:00", True), ("03:00", True), ("06:59", True), ("07:00", False)):
        assert is_night(instant(datetime.fromisoformat(f"2026-07-14T{wall}"), zone), zone) is expected


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (NEW_YORK, "2026-07-14T09:00", "2026-07-14T13:00"),
        (NEW_YORK, "2026-07-14T18:00", "2026-07-14T22:00"),
        (NEW_YORK, "2026-07-14T21:30", "2026-07-15T10:30"),
        (NEW_YORK, "2026-07-14T03:00", "2026-07-14T11:00"),
        (NEW_YORK, "2026-03-07T20:00", "2026-03-08T09:00"),  # An hour of this night is skipped,
        (NEW_YORK, "2026-10-31T20:00", "2026-11-01T09:00"),  # and one of this comes twice.
        (LORD_HOWE, "2026-04-04T21:00", "2026-04-05T10:00"),  # Set back by half an hour.
        (KATHMANDU, "2026-07-14T21:45", "2026-07-15T10:45"),
        ("Africa/Casablanca", "2026-02-14T21:00", "2026-02-15T10:00"),
    ],
)
def test_four_waking_hours(zone, start, end):
    begun = instant(datetime.fromisoformat(start), zone)
    ends = after_waking(begun, timedelta(hours=4), zone)
    assert in_zone(ends, zone).replace(tzinfo=None) == datetime.fromisoformat(end)


def test_the_night_of_a_change_is_an_hour_shorter_or_longer():
    nights = {}
    for evening in ("2026-03-07T21:00", "2026-03-21T21:00", "2026-10-31T21:00"):
        begun = instant(datetime.fromisoformat(evening), NEW_YORK)
        nights[evening] = after_waking(begun, timedelta(hours=2), NEW_YORK) - begun
    assert list(nights.values()) == [timedelta(hours=10), timedelta(hours=11), timedelta(hours=12)]


def test_a_jump_out_of_waking_time_takes_it_away():
    """A zone whose clocks skip a whole day, as Samoa's did: its waking hours never were."""
    begun = datetime(2011, 12, 30, 7, tzinfo=UTC)  # 9 PM on December 29, before the jump over December 30.
    ends = after_waking(begun, timedelta(hours=2), "Pacific/Apia")
    assert in_zone(ends, "Pacific/Apia").replace(tzinfo=None) == datetime(2011, 12, 31, 8)
