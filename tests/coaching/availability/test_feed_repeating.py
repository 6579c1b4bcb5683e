"""Events in a calendar that repeat, and what is changed of their repetitions."""

import time

import pytest

from app.coaching.availability.feed_reading import repeating
from app.coaching.availability.feed_reading.looking import Unreadable
from tests.coaching.availability.a_feed import CHICAGO, SYDNEY, calendar, event, read, read_event


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=3", ["11-24", "11-25", "11-26"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261128T150000Z", ["11-24", "11-26", "11-28"]),
        ("FREQ=DAILY;UNTIL=20261125", ["11-24", "11-25"]),
        ("FREQ=DAILY;UNTIL=20261125T090000", ["11-24", "11-25"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3", ["11-24", "11-26", "12-01"]),
        ("FREQ=MONTHLY;BYDAY=4TU;COUNT=2", ["11-24", "12-22"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=1", ["11-24", "11-30"]),
        ("RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT;COUNT=2", ["11-24", "11-25"]),
        ("FREQ=DAILY;UNTIL=20251124T150000Z", ["11-24"]),
        # What makes no sense leaves the first time.
        ("FREQ=YEARLY;INTERVAL=0;BYMONTH=2;BYMONTHDAY=30", ["11-24"]),
        ("FREQ=DAILY;BYDAY=99ZZ", ["11-24"]),
        ("FREQ=MONTHLY;BYDAY=99TU", ["11-24"]),
        ("COUNT=3", ["11-24"]),
    ],
)
def test_rules_of_repeating(rule, days):
    times = ["DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", f"RRULE:{rule}"]
    assert read_event(*times) == [f"{day} 15:00/{day} 16:00" for day in days]


@pytest.mark.parametrize(
    ("start", "busy"),
    [
        ("20261031T080000", ["10-31 13:00/10-31 14:00", "11-01 14:00/11-01 15:00"]),
        ("20270313T080000", ["03-13 14:00/03-13 15:00", "03-14 13:00/03-14 14:00"]),
        # The first of the two hours called half past one; half past two is skipped and comes an hour later.
        ("20261031T013000", ["10-31 06:30/10-31 07:30", "11-01 06:30/11-01 07:30"]),
        ("20270313T023000", ["03-13 08:30/03-13 09:30", "03-14 08:30/03-14 09:30"]),
    ],
)
def test_what_repeats_stays_at_its_hour_when_the_clocks_change(start, busy):
    times = [f"DTSTART;TZID={CHICAGO}:{start}", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"]
    assert read_event(*times, zone=SYDNEY, first=f"{start[:4]}-{start[4:6]}-01", days=60) == busy


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;INTERVAL=3", ["11-24", "11-27", "11-30"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,SA", ["11-28"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=SU,SA", []),
        ("FREQ=DAILY;BYMONTH=11;BYDAY=MO", ["11-23", "11-30"]),
        ("FREQ=MONTHLY;INTERVAL=2", ["11-30"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", ["11-26"]),
        ("FREQ=DAILY;COUNT=2006", ["11-23", "11-24", "11-25"]),
        ("FREQ=WEEKLY;UNTIL=20261120T000000Z", []),
    ],
)
def test_rules_that_began_years_ago_keep_their_step(rule, days):
    # Counted from a Sunday in May.
    times = ["DTSTART;TZID=America/Chicago:20210530T090000", "DURATION:PT1H", f"RRULE:{rule}"]
    assert read_event(*times, first="2026-11-23", days=8) == [f"{day} 15:00/{day} 16:00" for day in days]


def test_whole_days_repeat_until_the_day_that_is_told():
    for until in ("20261125", "20261125T000000Z"):
        found = read_event("DTSTART;VALUE=DATE:20261124", f"RRULE:FREQ=DAILY;UNTIL={until}")
        assert found == ["11-24 06:00/11-26 06:00"]


@pytest.mark.parametrize(
    "exception",
    [
        "EXDATE;TZID=America/Chicago:20261125T090000",
        "EXDATE:20261125T150000Z",
        "EXDATE;TZID=America/New_York:20261125T100000,20270101T100000",
        "EXDATE;VALUE=DATE:20261125",
    ],
)
def test_exceptions_to_a_rule(exception):
    times = ["DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", exception]
    assert read_event(*times) == ["11-24 15:00/11-24 16:00", "11-26 15:00/11-26 16:00"]


def test_additions_to_a_rule():
    added = ["RDATE:20261201T150000Z,20261202T150000Z", "RDATE;VALUE=PERIOD:20261203T150000Z/PT3H"]
    found = read_event("DTSTART:20261124T150000Z", "DURATION:PT1H", *added, "EXDATE:20261202T150000Z")
    assert found == ["11-24 15:00/11-24 16:00", "12-01 15:00/12-01 16:00", "12-03 15:00/12-03 18:00"]


def test_one_of_many_can_be_cancelled_or_made_free_or_stand_alone():
    rule = ["DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"]
    one = ["DTSTART:20261125T150000Z", "DURATION:PT1H", "RECURRENCE-ID:20261125T150000Z"]
    two = ["DTSTART:20261126T150000Z", "DURATION:PT1H", "RECURRENCE-ID;TZID=America/Chicago:20261126T090000"]
    changed = [event(*one, "STATUS:CANCELLED"), event(*two, "TRANSP:TRANSPARENT")]
    assert read(calendar(*changed, event(*rule))) == ["11-24 15:00/11-24 16:00"]
    # Invited to one of them only: there is no rule.
    assert read(calendar(event(*one))) == ["11-25 15:00/11-25 16:00"]
    # The same moments of another event have nothing to do with it.
    assert len(read(calendar(*changed, event(*rule, uid="2@example.org")))) == 3


def test_years_of_daily_rounds_and_thousands_of_events_are_read_in_time():
    rounds = event("DTSTART:19900101T150000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", uid="rounds")
    old = [event(f"DTSTART:2019{1 + n % 12:02}01T150000Z", "DURATION:PT1H", uid=str(n)) for n in range(500)]
    began = time.monotonic()
    assert len(read(calendar(rounds, *old))) == 100
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("rule", "busy"),
    [
        (
            "FREQ=DAILY;BYHOUR=9,13;COUNT=3",
            ["11-24 15:00/11-24 16:00", "11-24 19:00/11-24 20:00", "11-25 15:00/11-25 16:00"],
        ),
        ("FREQ=DAILY;BYHOUR=9,10,11,12,13,17;COUNT=6", ["11-24 15:00/11-24 20:00", "11-24 23:00/11-25 00:00"]),
        ("FREQ=WEEKLY;BYHOUR=9,12;BYMINUTE=0,20,40;COUNT=6", ["11-24 15:00/11-24 16:40", "11-24 18:00/11-24 19:40"]),
        ("FREQ=DAILY;BYSECOND=0,10,20,30,40,50;COUNT=6", ["11-24 15:00/11-24 16:05"]),
        ("FREQ=HOURLY;INTERVAL=3;COUNT=2", ["11-24 15:00/11-24 16:00", "11-24 18:00/11-24 19:00"]),
        ("FREQ=HOURLY;UNTIL=20261125T150000Z", ["11-24 15:00/11-25 16:00"]),
        (
            "FREQ=MINUTELY;INTERVAL=90;UNTIL=20261124T200000Z",
            [
                f"11-24 {at}"
                for at in ("15:00/11-24 16:00", "16:30/11-24 17:30", "18:00/11-24 19:00", "19:30/11-24 20:30")
            ],
        ),
        ("FREQ=SECONDLY;COUNT=600", ["11-24 15:00/11-24 16:10"]),
    ],
)
def test_what_repeats_within_a_day_is_busy_each_time(rule, busy):
    assert read_event("DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", f"RRULE:{rule}") == busy


def test_what_has_repeated_each_hour_for_years_is_one_busy_time():
    times = ["DTSTART;TZID=America/Chicago:20010101T003000", "DURATION:PT1H", "RRULE:FREQ=HOURLY"]
    assert read_event(*times, days=365) == ["11-21 23:30/11-22 00:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,2,4,6,8,10,12,14,16,18"
        ",20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58",
        # Each of these is looked for until the year 9999, and never comes.
        "FREQ=MINUTELY;BYSETPOS=77",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_what_repeats_too_often_to_be_told_is_refused_by_its_date_and_never_taken_for_free(rule, monkeypatch):
    monkeypatch.setattr(repeating, "RULE_SECONDS", 0.2)
    monkeypatch.setattr(repeating, "MOST_REPETITIONS", 4_000)
    odd = event("DTSTART:20261124T150000Z", "DURATION:PT1M", f"RRULE:{rule}", uid="odd")
    with pytest.raises(Unreadable, match=r"November 24, 2026, at 09:00 \(America/Chicago\) repeats too often"):
        read(calendar(odd, event("DTSTART:20261125T150000Z", "DURATION:PT1H")))


def test_what_takes_no_time_or_is_free_may_repeat_as_it_likes():
    for line in ("DURATION:PT0S", "DURATION:PT1M\r\nTRANSP:TRANSPARENT"):
        assert read_event("DTSTART:20261124T150000Z", line, "RRULE:FREQ=SECONDLY") == []


class Series:
    """Five Tuesdays at nine in Chicago from November 24 on, and what becomes of one of them, and of all later ones."""

    RULE = ("DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=5")

    def __init__(self, *changes):
        self.changes = [event(*change) for change in changes]

    def read(self, **looking):
        return read(calendar(*self.changes, event(*self.RULE)), **looking)


ONWARD = "RECURRENCE-ID;RANGE=THISANDFUTURE"
FIRST_TWO = ["11-24 15:00/11-24 16:00", "12-01 15:00/12-01 16:00"]


@pytest.mark.parametrize(
    ("change", "later"),
    [
        (
            ["DTSTART:20261210T200000Z", "DURATION:PT2H"],  # From Tuesday at nine to Thursday at two.
            ["12-10 20:00/12-10 22:00", "12-17 20:00/12-17 22:00", "12-24 20:00/12-24 22:00"],
        ),
        (
            ["DTSTART;VALUE=DATE:20261208"],
            ["12-08 06:00/12-09 06:00", "12-15 06:00/12-16 06:00", "12-22 06:00/12-23 06:00"],
        ),
        (["DTSTART:20261208T150000Z", "DURATION:PT1H", "STATUS:CANCELLED"], []),
        (["DTSTART:20261208T150000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"], []),
        (["STATUS:CANCELLED"], []),
    ],
)
def test_one_and_all_later_ones_can_be_moved_or_called_off(change, later):
    assert Series([*change, f"{ONWARD}:20261208T150000Z"]).read() == FIRST_TWO + later


def test_whole_days_can_be_moved_onward_and_become_hours():
    days = event("DTSTART;VALUE=DATE:20261124", "RRULE:FREQ=WEEKLY;COUNT=3", uid="days")
    two_later = event("DTSTART;VALUE=DATE:20261203", f"{ONWARD};VALUE=DATE:20261201", uid="days")
    assert read(calendar(days, two_later)) == [
        "11-24 06:00/11-25 06:00",
        "12-03 06:00/12-04 06:00",
        "12-10 06:00/12-11 06:00",
    ]
    at_noon = event(
        "DTSTART;TZID=America/Chicago:20261201T120000", "DURATION:PT1H", f"{ONWARD};VALUE=DATE:20261201", uid="days"
    )
    assert read(calendar(days, at_noon)) == [
        "11-24 06:00/11-25 06:00",
        "12-01 18:00/12-01 19:00",
        "12-08 18:00/12-08 19:00",
    ]


def test_the_last_change_onward_counts_and_what_is_changed_alone_stays_so():
    earlier = ["DTSTART:20261201T160000Z", "DURATION:PT1H", f"{ONWARD}:20261201T150000Z"]
    later = ["DTSTART:20261215T170000Z", "DURATION:PT1H", f"{ONWARD}:20261215T150000Z"]
    alone = ["DTSTART:20261223T150000Z", "DURATION:PT1H", "RECURRENCE-ID:20261222T150000Z"]
    assert Series(later, earlier, alone).read() == [
        *("11-24 15:00/11-24 16:00", "12-01 16:00/12-01 17:00", "12-08 16:00/12-08 17:00"),
        *("12-15 17:00/12-15 18:00", "12-23 15:00/12-23 16:00"),
    ]


def test_what_is_moved_onward_stays_at_its_hour_when_the_clocks_change():
    rule = ["DTSTART;TZID=America/Chicago:20270302T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"]
    onward = ["DTSTART:20270309T160000Z", "DURATION:PT1H", f"{ONWARD};TZID=America/Chicago:20270309T090000"]
    found = read(calendar(event(*rule), event(*onward)), first="2027-03-01")
    assert found == ["03-02 15:00/03-02 16:00", "03-09 16:00/03-09 17:00", "03-16 15:00/03-16 16:00"]


def test_what_was_moved_far_into_the_time_looked_at_is_found_and_what_was_moved_out_is_not():
    for moved, found in (("20270108T150000Z", ["01-22 15:00/01-22 16:00"]), ("20261101T150000Z", [])):
        change = [f"DTSTART:{moved}", "DURATION:PT1H", f"{ONWARD}:20261208T150000Z"]
        assert Series(change).read(first="2027-01-17", days=8) == found
    change = ["DTSTART:20261101T150000Z", "DURATION:PT1H", f"{ONWARD}:20261208T150000Z"]
    assert Series(change).read(first="2026-11-07", days=4) == ["11-08 15:00/11-08 16:00"]


def test_an_event_that_is_free_can_be_busy_onward():
    free = event(*Series.RULE, "TRANSP:TRANSPARENT")
    onward = event("DTSTART:20261215T150000Z", "DURATION:PT1H", f"{ONWARD}:20261215T150000Z")
    assert read(calendar(free, onward)) == ["12-15 15:00/12-15 16:00", "12-22 15:00/12-22 16:00"]
