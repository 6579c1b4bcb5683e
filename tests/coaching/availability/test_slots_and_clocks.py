"""In 2026 New York sets its clocks forward on March 8 and back on November 1, at two in the morning."""

from datetime import UTC, datetime, timedelta

import pytest

from app.coaching.availability.slots import Booking, slots
from tests.coaching.availability.a_week import NEW_YORK, at, day_on, on, rules, shown


def test_hours_stay_where_the_clock_shows_them_when_it_is_set_forward():
    week = rules(on(6, "9:00", "10:00"), on(6, "15:00", "16:00"))
    assert shown(week, "2026-03-05") == ["Sun 09:00", "Sun 09:30", "Sun 15:00", "Sun 15:30"]
    assert slots(week, [], [], at("2026-03-05"), NEW_YORK)[0] == datetime(2026, 3, 8, 13, tzinfo=UTC)


def test_hours_stay_where_the_clock_shows_them_when_it_is_set_back():
    week = rules(on(6, "9:00", "10:00"), on(6, "15:00", "16:00"))
    assert shown(week, "2026-10-29") == ["Sun 09:00", "Sun 09:30", "Sun 15:00", "Sun 15:30"]
    assert slots(week, [], [], at("2026-10-29"), NEW_YORK)[0] == datetime(2026, 11, 1, 14, tzinfo=UTC)


def test_hours_over_midnight_go_on_into_the_next_day():
    week = rules(on(6, "23:00", "25:00"))
    assert shown(week, "2026-03-17") == ["Sun 23:00", "Sun 23:30", "Mon 00:00", "Mon 00:30"]


def test_a_night_over_the_skipped_hour_is_an_hour_shorter():
    week = rules(on(5, "23:00", "28:00"), step_minutes=60)
    assert shown(week, "2026-03-05") == ["Sat 23:00", "Sun 00:00", "Sun 01:00", "Sun 03:00"]


def test_a_night_over_the_doubled_hour_is_an_hour_longer():
    week = rules(on(5, "23:00", "27:00"), step_minutes=60)
    assert shown(week, "2026-10-29") == ["Sat 23:00", "Sun 00:00", "Sun 01:00", "Sun 01:00", "Sun 02:00"]


def test_hours_that_begin_in_the_skipped_hour_begin_at_the_jump():
    assert shown(rules(on(6, "2:15", "4:00")), "2026-03-05") == ["Sun 03:00", "Sun 03:30"]


def test_hours_within_the_skipped_hour_are_none():
    assert shown(rules(on(6, "2:00", "3:00"), duration_minutes=5, step_minutes=5), "2026-03-05") == []


def test_hours_in_the_doubled_hour_begin_at_its_first_coming_and_end_there():
    free = slots(rules(on(6, "1:00", "1:30")), [], [], at("2026-10-29"), NEW_YORK)
    assert free == [at("2026-11-01T01:00", fold=0)]


@pytest.mark.parametrize(
    ("zone", "now", "weekday", "hours", "utc"),
    [
        ("America/St_Johns", "2026-03-01", 6, ("9:00", "9:30"), ["03-01 12:30", "03-08 11:30"]),
        ("Asia/Kathmandu", "2026-03-01", 6, ("9:00", "9:30"), ["03-01 03:15", "03-08 03:15"]),
        ("Australia/Lord_Howe", "2026-03-29", 6, ("9:00", "9:30"), ["03-28 22:00", "04-04 22:30"]),
        # Jumps from 2:00 to 2:30, and goes back from 2:00 to 1:30.
        ("Australia/Lord_Howe", "2026-10-03", 6, ("1:30", "3:00"), ["10-03 15:00", "10-03 15:30"]),
        ("Australia/Lord_Howe", "2026-04-04", 6, ("1:30", "2:30"), ["04-04 14:30", "04-04 15:00", "04-04 15:30"]),
        # Was without a Friday once, and jumps at midnight in Beirut.
        ("Pacific/Apia", "2011-12-26", 4, ("9:00", "12:00"), []),
        ("Asia/Beirut", "2026-03-28", 6, ("0:00", "2:00"), ["03-28 22:00", "03-28 22:30"]),
    ],
)
def test_hours_are_read_on_the_clocks_of_any_zone(zone, now, weekday, hours, utc):
    week = rules(on(weekday, *hours), booking_window=timedelta(days=7, hours=12))
    assert [f"{slot:%m-%d %H:%M}" for slot in slots(week, [], [], at(now, zone), zone)] == utc


def test_notice_is_elapsed_time_over_a_change_of_the_clocks():
    week = rules(on(6, "7:00", "12:00"), step_minutes=60, minimum_notice=timedelta(hours=24))
    assert shown(week, "2026-03-07T09:00")[0] == "Sun 10:00"
    assert shown(week, "2026-10-31T09:00")[0] == "Sun 08:00"


def test_notice_that_ends_in_the_doubled_hour_tells_its_two_comings_apart():
    week = rules(on(6, "0:00", "3:00"), minimum_notice=timedelta(hours=24))
    free = slots(week, [], [], at("2026-10-31T01:30"), NEW_YORK)
    assert free[:2] == [at("2026-11-01T01:30", fold=0), at("2026-11-01T01:00", fold=1)]


def test_blocked_hours_within_the_skipped_hour_take_nothing():
    week = rules(on(6, "1:45", "4:00"), blocked=(day_on("2026-03-08", "2:00", "3:00"),))
    assert shown(week, "2026-03-05") == ["Sun 01:45", "Sun 03:15"]


def test_a_day_that_had_begun_goes_on_when_clocks_are_set_back_over_midnight():
    # At one minute after midnight, Newfoundland's clocks went back to 23:01 of Saturday, November 6, 2010.
    zone, now = "America/St_Johns", datetime(2010, 11, 6, 14, 35, tzinfo=UTC)
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    week = rules(on(6, "0:00", "1:00"), duration_minutes=15, booking_window=timedelta(hours=12), most_per_day=1)
    saturday_again = Booking(*(midnight + timedelta(minutes=minutes) for minutes in (30, 30, 45)))
    assert slots(week, [], [], now, zone) == [midnight]
    assert slots(week, [], [saturday_again], now, zone) == []
