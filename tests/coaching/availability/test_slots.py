from datetime import timedelta

import pytest

from app.coaching.availability.slots import Interval, slots
from tests.coaching.availability.a_week import NEW_YORK, at, between, booking, day_on, on, rules, shown


def test_slots_follow_each_other_by_the_step_and_end_within_the_hours():
    week = rules(on(0, "9:00", "10:10"), duration_minutes=30, step_minutes=15)
    assert shown(week, "2026-03-02") == ["Mon 09:00", "Mon 09:15", "Mon 09:30"]


def test_hours_as_long_as_the_consultation_hold_one_and_shorter_ones_none():
    assert shown(rules(on(0, "9:00", "9:30"), on(1, "9:00", "9:25")), "2026-03-02") == ["Mon 09:00"]


def test_nothing_is_free_without_hours():
    assert shown(rules(), "2026-03-02") == []


def test_touching_and_overlapping_hours_are_one_and_count_from_their_beginning():
    week = rules(on(0, "9:00", "10:10"), on(0, "10:10", "11:00"), on(0, "10:30", "11:30"), duration_minutes=50)
    assert shown(week, "2026-03-02") == ["Mon 09:00", "Mon 09:30", "Mon 10:00", "Mon 10:30"]


def test_a_night_and_the_morning_after_are_one():
    week = rules(on(0, "23:00", "24:00"), on(1, "0:00", "1:00"), duration_minutes=60, step_minutes=30)
    assert shown(week, "2026-03-02") == ["Mon 23:00", "Mon 23:30", "Tue 00:00"]


def test_hours_with_a_break_count_anew_after_it():
    week = rules(on(0, "9:00", "9:55"), on(0, "10:05", "11:00"))
    assert shown(week, "2026-03-02") == ["Mon 09:00", "Mon 10:05"]


def test_steps_do_not_move_with_the_time_at_which_one_looks():
    week = rules(on(0, "9:00", "11:00"), step_minutes=25, booking_window=timedelta(days=1))
    assert shown(week, "2026-03-02T09:10") == ["Mon 09:25", "Mon 09:50", "Mon 10:15"]


def test_hours_round_the_clock_count_from_midnight_every_day_of_a_week():
    week = rules(*(on(day, "0:00", "24:00") for day in range(7)), step_minutes=60, booking_window=timedelta(hours=3))
    for day in range(2, 9):
        free = shown(week, f"2026-03-{day:02}T11:20")
        assert [slot[4:] for slot in free] == ["12:00", "13:00", "14:00"]


def test_extra_hours_open_a_day_and_make_others_longer():
    week = rules(
        on(0, "9:00", "10:00"), extra=(day_on("2026-03-02", "10:00", "11:00"), day_on("2026-03-07", "9:00", "10:00"))
    )
    now = "2026-03-02"
    assert shown(week, now) == ["Mon 09:00", "Mon 09:30", "Mon 10:00", "Mon 10:30", "Sat 09:00", "Sat 09:30"]


def test_extra_hours_over_midnight_go_on_into_the_next_day():
    week = rules(extra=(day_on("2026-03-02", "23:30", "24:30"),))
    assert shown(week, "2026-03-01") == ["Mon 23:30", "Tue 00:00"]


# What is shut


def test_a_blocked_day_has_nothing_but_the_next_has():
    week = rules(on(0, "9:00", "10:00"), on(1, "9:00", "10:00"), blocked=(day_on("2026-03-02", "0:00", "24:00"),))
    assert shown(week, "2026-03-01") == ["Tue 09:00", "Tue 09:30"]


def test_blocked_hours_take_what_touches_them_whatever_the_buffers():
    week = rules(on(0, "9:00", "12:00"), blocked=(day_on("2026-03-02", "10:00", "11:00"),))
    buffered = week._replace(buffer_before_minutes=30, buffer_after_minutes=30)
    expected = ["Mon 09:00", "Mon 09:30", "Mon 11:00", "Mon 11:30"]
    assert shown(week, "2026-03-01") == shown(buffered, "2026-03-01") == expected


def test_blocked_hours_outdo_extra_ones():
    hours = day_on("2026-03-02", "9:00", "10:00")
    assert shown(rules(extra=(hours,), blocked=(hours,)), "2026-03-01") == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0, 0, ["9:00", "9:30", "10:30", "11:00"]),
        (15, 0, ["9:00", "9:30", "11:00"]),
        (0, 15, ["9:00", "10:30", "11:00"]),
    ],
)
def test_buffers_keep_their_side_of_a_consultation_free(before, after, expected):
    week = rules(on(0, "9:00", "11:30"), buffer_before_minutes=before, buffer_after_minutes=after)
    expected = [f"Mon {clock_time:0>5}" for clock_time in expected]
    taken = "2026-03-02T10:00", "2026-03-02T10:30"
    assert shown(week, "2026-03-01", busy=[between(*taken)]) == expected
    assert shown(week, "2026-03-01", bookings=[booking(*taken)]) == expected


def test_the_buffers_of_a_booking_count_beside_those_of_the_rules():
    week = rules(on(0, "9:00", "11:30"), buffer_before_minutes=15)
    buffered = booking("2026-03-02T10:00", "2026-03-02T10:30")._replace(blocked_until=at("2026-03-02T10:46"))
    assert shown(week, "2026-03-01", bookings=[buffered]) == ["Mon 09:00", "Mon 09:30"]


def test_a_busy_second_takes_the_slots_around_it_and_an_empty_time_none():
    week = rules(on(0, "9:00", "11:00"))
    second = Interval(at("2026-03-02T09:59:59"), at("2026-03-02T10:00:00"))
    nothing = Interval(at("2026-03-02T10:15"), at("2026-03-02T10:15"))
    assert shown(week, "2026-03-01", busy=[second, nothing]) == ["Mon 09:00", "Mon 10:00", "Mon 10:30"]


def test_busy_times_may_overlap_and_come_in_any_order():
    week = rules(on(0, "9:00", "12:00"))
    long, short = between("2026-03-02T09:30", "2026-03-02T11:00"), between("2026-03-02T10:00", "2026-03-02T10:10")
    assert shown(week, "2026-03-01", busy=[short, long]) == ["Mon 09:00", "Mon 11:00", "Mon 11:30"]


# Too soon, too late, too many


def test_notice_is_kept_to_the_second():
    week = rules(on(0, "9:00", "10:30"), minimum_notice=timedelta(hours=24))
    assert shown(week, "2026-03-01T09:30:00") == ["Mon 09:30", "Mon 10:00"]
    assert shown(week, "2026-03-01T09:30:01") == ["Mon 10:00"]


def test_the_last_slot_starts_as_the_window_ends_and_may_last_longer():
    week = rules(on(0, "23:00", "24:30"), booking_window=timedelta(days=1))
    assert shown(week, "2026-03-01T23:30:00") == ["Mon 23:00", "Mon 23:30"]
    assert shown(week, "2026-03-01T23:29:59") == ["Mon 23:00"]


def test_the_last_slot_may_end_in_the_hours_of_the_next_day():
    week = rules(on(0, "23:00", "24:00"), on(1, "0:00", "1:00"), duration_minutes=90, booking_window=timedelta(days=1))
    assert shown(week, "2026-03-01T23:30") == ["Mon 23:00", "Mon 23:30"]


def test_nothing_is_free_when_the_notice_is_longer_than_the_window():
    week = rules(on(0, "9:00", "10:00"), minimum_notice=timedelta(days=8))
    assert shown(week, "2026-03-01") == []


def test_a_day_is_full_on_the_clock_of_the_coach():
    week = rules(on(0, "22:00", "23:00"), on(1, "22:00", "23:00"), most_per_day=1)
    # In UTC it is Tuesday already, in New York still Monday.
    late_on_monday = booking("2026-03-02T23:00", "2026-03-02T23:30")
    assert late_on_monday.starts_at.weekday() == 1
    assert shown(week, "2026-03-01", bookings=[late_on_monday]) == ["Tue 22:00", "Tue 22:30"]


def test_a_day_below_its_most_is_open():
    week = rules(on(0, "9:00", "10:00"), most_per_day=2)
    first, second = booking("2026-03-02T12:00", "2026-03-02T13:00"), booking("2026-03-02T14:00", "2026-03-02T15:00")
    assert shown(week, "2026-03-01", bookings=[first]) == ["Mon 09:00", "Mon 09:30"]
    assert shown(week, "2026-03-01", bookings=[first, second]) == []


def test_a_booking_over_midnight_counts_on_the_day_it_starts():
    week = rules(on(0, "9:00", "9:30"), on(1, "9:00", "9:30"), most_per_day=1)
    assert shown(week, "2026-03-01", bookings=[booking("2026-03-02T23:45", "2026-03-03T00:15")]) == ["Tue 09:00"]


def test_a_week_is_full_from_monday_to_sunday_on_the_clock_of_the_coach():
    hours = [on(day, "9:00", "9:30") for day in (0, 6)]
    week = rules(*hours, most_per_week=2, booking_window=timedelta(days=14))
    early = booking("2026-03-02T00:00", "2026-03-02T00:30")
    # In UTC it is Monday already, in New York still Sunday.
    late = booking("2026-03-08T23:00", "2026-03-08T23:30")
    assert late.starts_at.weekday() == 0
    free = slots(week, [], [early, late], at("2026-02-28"), NEW_YORK)
    assert free == [at("2026-03-01T09:00"), at("2026-03-09T09:00")]


def test_bookings_of_this_week_before_now_count():
    week = rules(on(4, "9:00", "9:30"), most_per_week=1)
    over = booking("2026-03-02T09:00", "2026-03-02T09:30")
    assert shown(week, "2026-03-04", bookings=[over]) == []
