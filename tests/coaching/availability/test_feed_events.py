"""When an event in a calendar is busy."""

import pytest

from app.coaching.availability.feed_reading.looking import Unreadable
from tests.coaching.availability.a_feed import CHICAGO, calendar, event, read, read_event


@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        (["DTSTART:20261124T150000Z", "DTEND:20261124T160000Z"], "11-24 15:00/11-24 16:00"),
        (["DTSTART:20261124T150000Z", "DURATION:PT1H30M"], "11-24 15:00/11-24 16:30"),
        (["DTSTART:20261124T090000", "DTEND:20261124T100000"], "11-24 15:00/11-24 16:00"),
        (["DTSTART:20261124T090000", "DTEND:20261124T160000Z"], "11-24 15:00/11-24 16:00"),
        (["DTSTART;VALUE=DATE:20261124"], "11-24 06:00/11-25 06:00"),
        (["DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261124"], "11-24 06:00/11-25 06:00"),
        (["DTSTART;VALUE=DATE:20261124", "DURATION:P2D"], "11-24 06:00/11-26 06:00"),
        (["DTSTART:20261124T150000Z"], None),
        (["DTSTART:20261124T150000Z", "DTEND:20261124T140000Z"], None),
        (["DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "STATUS:CANCELLED"], None),
        (["DTSTART:20261124T150000Z", "DTEND:20261124T160000Z", "TRANSP:TRANSPARENT"], None),
        (["DTSTART:never", "DTEND:20261124T160000Z"], None),
        (["SUMMARY:No time at all"], None),
    ],
)
def test_when_an_event_is_busy(lines, busy):
    assert read_event(*lines) == ([busy] if busy else [])


@pytest.mark.parametrize(
    ("zone", "day", "busy"),
    [
        (CHICAGO, "20270314", "03-14 06:00/03-15 05:00"),
        (CHICAGO, "20261101", "11-01 05:00/11-02 06:00"),
        ("Australia/Lord_Howe", "20270404", "04-03 13:00/04-04 13:30"),
        ("Africa/Cairo", "20270430", "04-29 22:00/04-30 21:00"),  # There is no midnight on that day.
    ],
)
def test_a_whole_day_lasts_as_long_as_the_coachs_day_does(zone, day, busy):
    first = f"{day[:4]}-{day[4:6]}-01"
    assert read_event(f"DTSTART;VALUE=DATE:{day}", zone=zone, first=first, days=60) == [busy]


def test_a_night_shift_over_the_change_of_clocks_lasts_as_long_as_it_does():
    times = [f"DTSTART;TZID={CHICAGO}:20261031T220000", f"DTEND;TZID={CHICAGO}:20261101T060000"]
    assert read_event(*times, first="2026-10-30") == ["11-01 03:00/11-01 12:00"]


def test_times_that_are_only_told_as_busy():
    entry = ["BEGIN:VFREEBUSY", "UID:1", "DTSTAMP:20261101T000000Z", "DTSTART:20261101T000000Z"]
    entry += ["FREEBUSY;FBTYPE=BUSY:20261124T150000Z/PT1H,20261125T150000Z/20261125T163000Z"]
    entry += ["FREEBUSY;FBTYPE=FREE:20261126T150000Z/PT1H", "FREEBUSY:20261127T150000Z/PT1H", "END:VFREEBUSY"]
    assert read(calendar(entry)) == ["11-24 15:00/11-24 16:00", "11-25 15:00/11-25 16:30", "11-27 15:00/11-27 16:00"]


def test_only_what_touches_the_time_looked_at_is_given_and_merged_to_few():
    def at(number, hour, length):
        return event(f"DTSTART:202611{hour}0000Z", f"DURATION:{length}", uid=f"{number}@example.org")

    many = [at(1, "24T15", "PT1H"), at(2, "24T16", "PT1H"), at(3, "24T15", "PT3H"), at(4, "25T15", "PT1H")]
    far = [at(5, "10T15", "PT1H"), at(6, "29T15", "PT1H"), at(7, "20T15", "P3D")]
    assert read(calendar(*many, *far), first="2026-11-23", days=5) == [
        "11-20 15:00/11-23 15:00",
        "11-24 15:00/11-24 18:00",
        "11-25 15:00/11-25 16:00",
    ]


def test_what_is_busy_is_told_in_the_five_minutes_that_times_are_reserved_by():
    found = read(
        calendar(
            event("DTSTART:20261124T150102Z", "DURATION:PT1M", uid="a"),
            event("DTSTART:20261124T150459Z", "DURATION:PT1M", uid="b"),
            event("DTSTART:20261124T153000Z", "DURATION:PT5M", uid="c"),
            event("DTSTART:20260101T000001Z", "DTEND:99991231T235959Z", uid="d"),
        ),
        days=2,
        first="2026-11-24",
    )
    assert found == ["01-01 00:00/11-26 00:00"]
    assert read_event("DTSTART:20261124T150102Z", "DURATION:PT1M") == ["11-24 15:00/11-24 15:05"]
    assert read_event("DTSTART:20261124T150000Z", "DURATION:PT5M") == ["11-24 15:00/11-24 15:05"]


def test_more_busy_times_than_anybody_has_are_refused():
    days = [f"2026{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29)]
    starts = [f"{day}T{hour:02}{minute}00Z" for day in days for hour in range(24) for minute in ("00", "30")]
    added = f"RDATE;VALUE=DATE-TIME:{','.join(starts[:5000])}"
    once = ["DTSTART:20260101T000000Z", "DURATION:PT5M"]
    assert len(read_event(*once, added, first="2026-01-01", days=366)) == 5000
    added = f"RDATE;VALUE=DATE-TIME:{','.join(starts[:5001])}"
    with pytest.raises(Unreadable, match="more than 5,000 times"):
        read_event(*once, added, first="2026-01-01", days=366)


def test_consultations_of_ours_are_known_better_here():
    data = calendar(
        event("DTSTART:20261124T150000Z", "DURATION:PT1H", uid="ours@doctor.example.org"),
        event("DTSTART:20261125T150000Z", "DURATION:PT1H", uid="theirs"),
    )
    assert read(data, ours=["ours@doctor.example.org"]) == ["11-25 15:00/11-25 16:00"]


def test_one_event_that_makes_no_sense_hides_no_other():
    good = event("DTSTART:20261124T150000Z", "DURATION:PT1H", uid="good")
    for nonsense in (
        ["DTSTART:20261124T150000Z", "DTSTART:20261124T150000Z", "DURATION:PT1H"],
        ["DTSTART:00010101T000000Z", "DURATION:P9999999D"],
        ["DTSTART:99991231T235959", "DURATION:P2D", "RRULE:FREQ=YEARLY"],
        ["DTSTART:20261124T150000Z", "DURATION:soon", "RRULE:FREQ=", "EXDATE:", "RDATE:x", "ATTENDEE;=:x"],
        ["DTSTART;TZID=../../etc/passwd:20261124T150000", "DTEND;TZID=:20261124T150000"],
    ):
        assert "11-24 15:00/11-24 16:00" in read(calendar(event(*nonsense, uid="bad"), good))


def test_what_is_talked_of_and_with_whom_is_not_even_parsed():
    odd = ['ATTENDEE;CN="x;PARTSTAT=:mailto:x', "X=Y=Z", "\x00", "DESCRIPTION;;;", "CATEGORIES:;,", ";;:"]
    assert read_event("DTSTART:20261124T150000Z", *odd, "DURATION:PT1H") == ["11-24 15:00/11-24 16:00"]


@pytest.mark.parametrize(
    ("attendees", "is_busy"),
    [
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org"], False),
        (['ATTENDEE;CN="Lovelace; Ada";PARTSTAT=declined;RSVP=TRUE:MAILTO:Ada@Example.org'], False),
        (["ATTENDEE;EMAIL=ada@example.org;PARTSTAT=DECLINED:/aAbBcC/principal/"], False),
        (["ATTENDEE;PARTSTAT=DECLINED;CN=Ada:mai", " lto:ada@example.org"], False),
        (["ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org"], True),
        (["ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org"], True),
        (["ATTENDEE;PARTSTAT=DECLINED:mailto:grace@example.org"], True),
        (["ATTENDEE;PARTSTAT=DECLINED;CN=ada@example.org:mailto:grace@example.org"], True),
        (['ATTENDEE;CN="PARTSTAT=DECLINED":mailto:ada@example.org'], True),
        (['ATTENDEE;CN="x;PARTSTAT=DECLINED:mailto:ada@example.org'], True),
    ],
)
def test_what_the_coach_declined_is_free(attendees, is_busy):
    found = read_event("DTSTART:20261124T150000Z", "DURATION:PT1H", *attendees, address="ada@example.org")
    assert bool(found) == is_busy


def test_without_an_address_nobody_declines():
    times = ["DTSTART:20261124T150000Z", "DURATION:PT1H"]
    assert read_event(*times, "ATTENDEE;PARTSTAT=DECLINED:mailto:") != []


def test_one_of_a_series_can_be_declined_and_one_of_a_declined_series_accepted():
    def answer(partstat):
        return f"ATTENDEE;PARTSTAT={partstat}:mailto:ada@example.org"

    rule = ["DTSTART:20261124T150000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"]
    one = ["DTSTART:20261125T150000Z", "DURATION:PT1H", "RECURRENCE-ID:20261125T150000Z"]
    for all_of_it, one_of_it, busy in (("ACCEPTED", "DECLINED", "11-24"), ("DECLINED", "ACCEPTED", "11-25")):
        data = calendar(event(*rule, answer(all_of_it)), event(*one, answer(one_of_it)))
        assert read(data, address="ada@example.org") == [f"{busy} 15:00/{busy} 16:00"]
