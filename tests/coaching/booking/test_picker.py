"""The free times of a week, as somebody sees them on their own clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from app.coaching.booking.picker import Picker, Wish

NEW_YORK = "America/New_York"
TUESDAY = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)  # 6 PM in New York.
SATURDAY = TUESDAY + timedelta(days=4, hours=-8)  # 10 AM.
A_WEEK = timedelta(days=7)


def shown(picker):
    return [f"{slot.shown:%a} {slot.clock}" for slot in picker.slots]


def test_a_week_begins_on_sunday_and_holds_what_is_free_in_it():
    picker = Picker([TUESDAY, SATURDAY, TUESDAY + A_WEEK], Wish(NEW_YORK))
    assert picker.starts_on == date(2026, 11, 29)
    assert picker.week_in_words == "November 29 to December 5, 2026"
    assert [day.day.day for day in picker.days] == [29, 30, 1, 2, 3, 4, 5]
    assert shown(picker) == ["Tue 6:00 PM", "Sat 10:00 AM"]
    assert picker.abbreviations == ["EST"]


def test_no_week_is_offered_in_which_nothing_can_be_free():
    free = [TUESDAY, TUESDAY + A_WEEK]
    first, second = Picker(free, Wish(NEW_YORK)), Picker(free, Wish(NEW_YORK, week=date(2026, 12, 7)))
    assert (first.previous, first.next) == (None, date(2026, 12, 6))
    assert (second.previous, second.next) == (date(2026, 11, 29), None)


@pytest.mark.parametrize("week", [date.min, date(1999, 12, 31), date(2026, 11, 20)])
def test_a_week_too_early_is_the_first(week):
    assert Picker([TUESDAY, TUESDAY + A_WEEK], Wish(NEW_YORK, week)).starts_on == date(2026, 11, 29)


@pytest.mark.parametrize("week", [date.max, date(2027, 1, 1)])
def test_a_week_too_late_is_the_last(week):
    assert Picker([TUESDAY, TUESDAY + A_WEEK], Wish(NEW_YORK, week)).starts_on == date(2026, 12, 6)


def test_the_parts_of_a_week_are_read_on_the_persons_clock():
    early = TUESDAY - timedelta(hours=10, minutes=30)  # 7:30 AM in New York, 1:30 PM in Berlin.
    noon = TUESDAY - timedelta(hours=6)
    free = [early, noon, TUESDAY, SATURDAY]

    def fitting(zone, *parts):
        return shown(Picker(free, Wish(zone, parts=frozenset(parts))))

    assert fitting(NEW_YORK, "early") == ["Tue 7:30 AM"]
    assert fitting(NEW_YORK, "evening") == ["Tue 6:00 PM"]
    assert fitting(NEW_YORK, "weekend") == ["Sat 10:00 AM"]
    assert fitting(NEW_YORK, "early", "weekend") == ["Tue 7:30 AM", "Sat 10:00 AM"]
    assert fitting("Europe/Berlin", "early", "weekend") == ["Wed 12:00 AM", "Sat 4:00 PM"]


def test_a_week_without_any_names_the_next_that_fits_or_else_the_last_before():
    free = [TUESDAY, SATURDAY, TUESDAY + A_WEEK, TUESDAY + 3 * A_WEEK]
    between = Picker(free, Wish(NEW_YORK, date(2026, 12, 14)))
    assert (between.slots, between.nearest.starts_at) == ([], TUESDAY + 3 * A_WEEK)
    after = Picker(free, Wish(NEW_YORK, date(2026, 12, 14), frozenset(["weekend"])))
    assert after.nearest.starts_at == SATURDAY
    assert Picker(free, Wish(NEW_YORK, parts=frozenset(["early"]))).nearest is None


def test_what_is_chosen_opens_its_week_and_is_not_lost_in_another_or_behind_a_filter():
    free = [TUESDAY, TUESDAY + A_WEEK]
    chosen = (TUESDAY + A_WEEK,)
    assert shown(Picker(free, Wish(NEW_YORK, chosen=chosen))) == ["Tue 6:00 PM"]
    assert Picker(free, Wish(NEW_YORK, chosen=chosen)).elsewhere == []
    for wish in (Wish(NEW_YORK, date(2026, 12, 1)), Wish(NEW_YORK, parts=frozenset(["weekend"]))):
        [kept] = Picker(free, wish._replace(chosen=chosen)).elsewhere
        assert kept.starts_at == TUESDAY + A_WEEK
    assert Picker(free, Wish(NEW_YORK, chosen=(SATURDAY,))).chosen == []


def test_the_day_on_which_clocks_are_changed_says_so_and_doubled_times_are_told_apart():
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    picker = Picker([first, first + timedelta(hours=1)], Wish(NEW_YORK))
    sunday = picker.days[0]
    assert sunday.clocks_change == ("EDT", "EST", False)
    assert [(slot.clock, slot.abbreviation, slot.comes_twice) for slot in sunday.slots] == [
        ("1:30 AM", "EDT", True),
        ("1:30 AM", "EST", True),
    ]
    assert [day.clocks_change for day in picker.days[1:]] == [None] * 6
    assert picker.abbreviations == ["EDT", "EST"]


@pytest.mark.parametrize(
    ("zone", "at", "change"),
    [
        (NEW_YORK, datetime(2027, 3, 14, 15, tzinfo=UTC), ("EST", "EDT", True)),
        ("Australia/Lord_Howe", datetime(2027, 4, 4, 3, tzinfo=UTC), ("UTC+11:00", "UTC+10:30", False)),
        ("America/Santiago", datetime(2027, 9, 5, 15, tzinfo=UTC), ("UTC-04:00", "UTC-03:00", True)),  # At midnight.
    ],
)
def test_clocks_are_changed_on_the_right_day_anywhere(zone, at, change):
    days = Picker([at], Wish(zone)).days
    assert {day.day: day.clocks_change for day in days if day.clocks_change} == {days[0].day: change}


def test_the_times_nearest_to_one_that_is_gone_come_in_order():
    free = [TUESDAY + timedelta(hours=hours) for hours in (-30, -1, 1, 3, 20)]
    assert [slot.clock for slot in Picker(free, Wish(NEW_YORK)).near(TUESDAY)] == ["5:00 PM", "7:00 PM", "9:00 PM"]


def test_a_wish_is_read_from_what_was_sent():
    slots = ["2026-12-01T23:00Z", "2026-12-01T23:00Z", "2026-12-05T15:00Z"]
    sent = MultiDict({"time_zone": "Asia/Kathmandu", "week": "2026-12-01", "part": ["early", "weekend"], "slot": slots})
    wish = Wish.read(sent)
    assert wish == ("Asia/Kathmandu", date(2026, 12, 1), {"early", "weekend"}, (TUESDAY, SATURDAY))
    sent["to"] = "2026-12-08"
    assert Wish.read(sent).week == date(2026, 12, 8)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "localtime", "\u202e", "x" * 5000])
@pytest.mark.parametrize("other", ["", "soon", "2026-13-45", "0000-00-00", "9999-99-99", "-1", "x" * 5000])
def test_nonsense_in_a_wish_counts_as_not_said(zone, other):
    wish = Wish.read(MultiDict({"time_zone": zone, "week": other, "part": other, "slot": other}), zone="Asia/Tokyo")
    assert wish == ("Asia/Tokyo", None, frozenset(), ())
