"""Busy times from calendars as Google, Outlook, Apple and others write them."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.coaching.availability import feed_reading
from app.coaching.availability.feed_reading import Look, Unreadable, busy_times

CHICAGO, SYDNEY = "America/Chicago", "Australia/Sydney"


def calendar(*entries, head="PRODID:-//Test//EN"):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", head]
    return "\r\n".join([*lines, *(line for entry in entries for line in entry), "END:VCALENDAR", ""]).encode()


def event(*lines, uid="1@example.org"):
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", "SUMMARY:Clinic", *lines, "END:VEVENT"]


def look(first="2026-11-22", days=100, zone=CHICAGO, ours=()):
    begins = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return Look(zone, begins, begins + timedelta(days=days), frozenset(ours))


def read(data, **looking):
    """What is busy, as text in UTC."""
    return [f"{start:%m-%d %H:%M}/{end:%m-%d %H:%M}" for start, end in busy_times(data, look(**looking))]


def read_event(*lines, **looking):
    return read(calendar(event(*lines)), **looking)


GOOGLE = b"""BEGIN:VCALENDAR\r
PRODID:-//Google Inc//Google Calendar 70.9054//EN\r
VERSION:2.0\r
CALSCALE:GREGORIAN\r
METHOD:PUBLISH\r
X-WR-CALNAME:ada@example.org\r
X-WR-TIMEZONE:America/Chicago\r
BEGIN:VTIMEZONE\r
TZID:America/Chicago\r
X-LIC-LOCATION:America/Chicago\r
BEGIN:DAYLIGHT\r
TZOFFSETFROM:-0600\r
TZOFFSETTO:-0500\r
TZNAME:CDT\r
DTSTART:19700308T020000\r
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r
END:DAYLIGHT\r
BEGIN:STANDARD\r
TZOFFSETFROM:-0500\r
TZOFFSETTO:-0600\r
TZNAME:CST\r
DTSTART:19701101T020000\r
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r
END:STANDARD\r
END:VTIMEZONE\r
BEGIN:VEVENT\r
DTSTART;TZID=America/Chicago:20261124T090000\r
DTEND;TZID=America/Chicago:20261124T093000\r
RRULE:FREQ=WEEKLY;UNTIL=20261216T055959Z;BYDAY=TU\r
EXDATE;TZID=America/Chicago:20261208T090000\r
DTSTAMP:20261120T080000Z\r
UID:rounds@google.com\r
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=ada@ex\r
 ample.org;X-NUM-GUESTS=0:mailto:ada@example.org\r
STATUS:CONFIRMED\r
SUMMARY:Rounds\\, with a comma\r
TRANSP:OPAQUE\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID=America/Chicago:20261202T140000\r
DTEND;TZID=America/Chicago:20261202T150000\r
DTSTAMP:20261120T080000Z\r
UID:rounds@google.com\r
RECURRENCE-ID;TZID=America/Chicago:20261201T090000\r
STATUS:CONFIRMED\r
TRANSP:OPAQUE\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20261225\r
DTEND;VALUE=DATE:20261226\r
DTSTAMP:20261120T080000Z\r
UID:birthday@google.com\r
TRANSP:TRANSPARENT\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_calendar_of_google_with_a_meeting_moved_and_one_left_out():
    # Every Tuesday at 9 until December 15: the second is moved to Wednesday, the third left out.
    assert read(GOOGLE) == ["11-24 15:00/11-24 15:30", "12-02 20:00/12-02 21:00", "12-15 15:00/12-15 15:30"]


OUTLOOK_ZONE = [
    *("BEGIN:VTIMEZONE", "TZID:Customized Time Zone"),
    *("BEGIN:STANDARD", "DTSTART:16010101T020000", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0600"),
    *("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11", "END:STANDARD"),
    *("BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:-0600", "TZOFFSETTO:-0500"),
    *("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
]


@pytest.mark.parametrize(
    ("zone", "told"), [("Central Standard Time", []), ("Customized Time Zone", OUTLOOK_ZONE), ("US/Central", [])]
)
def test_the_zones_of_outlook(zone, told):
    rule = "RRULE:FREQ=WEEKLY;UNTIL=20270315T180000Z;INTERVAL=1;BYDAY=MO;WKST=SU"
    times = [f"DTSTART;TZID={zone}:20270308T130000", f"DTEND;TZID={zone}:20270308T140000"]
    data = calendar(told, event(*times, rule), head="METHOD:PUBLISH")
    # The clocks go forward in between.
    assert read(data, zone=SYDNEY, first="2027-03-01") == ["03-08 19:00/03-08 20:00", "03-15 18:00/03-15 19:00"]


def test_a_zone_told_after_it_is_used_is_known_as_well():
    told = [line.replace("Customized", "Late") for line in OUTLOOK_ZONE]
    times = ["DTSTART;TZID=Late Time Zone:20261124T090000", "DTEND;TZID=Late Time Zone:20261124T100000"]
    assert read(calendar(event(*times), told), zone=SYDNEY) == ["11-24 15:00/11-24 16:00"]


def test_a_zone_nobody_knows_is_taken_for_the_coachs():
    times = ["DTSTART;TZID=Our Hospital:20261124T090000", "DTEND;TZID=Our Hospital:20261124T100000"]
    assert read_event(*times) == ["11-24 15:00/11-24 16:00"]


def test_what_outlook_shows_as_free_is_free():
    times = ["DTSTART:20261124T150000Z", "DTEND:20261124T160000Z"]
    assert read_event(*times, "X-MICROSOFT-CDO-BUSYSTATUS:FREE", "TRANSP:OPAQUE") == []
    assert read_event(*times, "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE") != []


def test_a_calendar_of_apple_with_an_alarm_and_whole_days_away():
    alarm = ["BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "DESCRIPTION:Soon", "X-APPLE-DEFAULT-ALARM:TRUE"]
    times = ["DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC"]
    head = "PRODID:-//Apple Inc.//macOS 15.0//EN\r\nX-APPLE-CALENDAR-COLOR:#1BADF8"
    data = calendar(event(*times, *alarm, "END:VALARM"), head=head)
    assert read(data) == ["12-30 06:00/01-02 06:00"]


@pytest.mark.filterwarnings("ignore::icalendar.error.GloballyUniqueTZIDGuessed")
def test_a_calendar_of_evolution_with_a_zone_name_of_its_own():
    zone = "/freeassociation.sourceforge.net/America/Chicago"
    times = [f"DTSTART;TZID={zone}:20261124T090000", f"DTEND;TZID={zone}:20261124T100000"]
    assert read_event(*times, zone=SYDNEY) == ["11-24 15:00/11-24 16:00"]


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


def test_a_night_shift_over_the_change_of_clocks_lasts_as_long_as_it_does():
    times = [f"DTSTART;TZID={CHICAGO}:20261031T220000", f"DTEND;TZID={CHICAGO}:20261101T060000"]
    assert read_event(*times, first="2026-10-30") == ["11-01 03:00/11-01 12:00"]


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
        # What makes no sense, or comes more often than any appointment, leaves the first time.
        ("FREQ=YEARLY;INTERVAL=0;BYMONTH=2;BYMONTHDAY=30", ["11-24"]),
        ("FREQ=SECONDLY", ["11-24"]),
        ("FREQ=MINUTELY;BYSETPOS=77", ["11-24"]),
        ("FREQ=DAILY;BYHOUR=9,10,11,12,13;COUNT=3", ["11-24"]),
        ("FREQ=WEEKLY;BYDAY=TU,WE;BYHOUR=9,12;BYMINUTE=0,20,40", ["11-24"]),
        ("FREQ=DAILY;BYSECOND=0,10,20,30,40,50", ["11-24"]),
        ("FREQ=DAILY;BYDAY=99ZZ", ["11-24"]),
        ("FREQ=MONTHLY;BYDAY=99TU", ["11-24"]),
        ("COUNT=3", ["11-24"]),
    ],
)
def test_rules_of_repeating(rule, days):
    times = ["DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", f"RRULE:{rule}"]
    assert read_event(*times) == [f"{day} 15:00/{day} 16:00" for day in days]


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


def test_a_rule_may_come_a_few_times_a_day():
    rule = "RRULE:FREQ=DAILY;BYHOUR=9,13;COUNT=3"
    found = read_event("DTSTART;TZID=America/Chicago:20261124T090000", "DURATION:PT1H", rule)
    assert found == ["11-24 15:00/11-24 16:00", "11-24 19:00/11-24 20:00", "11-25 15:00/11-25 16:00"]


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


def test_several_calendars_in_one_file_and_line_ends_of_all_kinds():
    first = calendar(event("DTSTART:20261124T150000Z", "DURATION:PT1H"))
    second = calendar(event("DTSTART:20261125T150000Z", "DURATION:PT1H")).replace(b"\r\n", b"\n")
    assert len(read(b"\xef\xbb\xbf" + first + second + b"\n\n")) == 2
    assert read(calendar()) == []
    assert len(read(first + b"X-COMMENT:Cached, new at most every half hour")) == 1
    assert len(read(first.replace(b"Clinic", b"Klinik f\xfcr alle"))) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (b"\r\n \r\n", "nothing"),
        (b"<!doctype html><html><body>Sign in</body></html>", "web page"),
        (b'{"items": []}', "not a calendar"),
        (b"\x1f\x8b\x08\x00\x00", "not a calendar"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "not a calendar"),
        (GOOGLE[:900], "breaks off"),
        (GOOGLE[: GOOGLE.rindex(b"END:VCALENDAR")], "breaks off"),
        (calendar(event("DTSTART;TZID=America:20261124T150000")), "cannot be read"),
        (b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VEVENT\r\nEND:VCALENDAR", "cannot be read"),
    ],
)
def test_what_is_no_calendar_is_refused_with_what_to_do(data, words):
    with pytest.raises(Unreadable, match=words):
        busy_times(data, look())


def test_years_of_daily_rounds_and_thousands_of_events_are_read_in_time():
    rounds = event("DTSTART:19900101T150000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", uid="rounds")
    old = [event(f"DTSTART:2019{1 + n % 12:02}01T150000Z", "DURATION:PT1H", uid=str(n)) for n in range(500)]
    began = time.monotonic()
    assert len(read(calendar(rounds, *old))) == 100
    assert time.monotonic() - began < 10


def run_as_program(data):
    said = {"zone": CHICAGO, "first": "2026-11-22T00:00:00+00:00", "last": "2027-03-01T00:00:00+00:00", "ours": []}
    command = [sys.executable, "-I", feed_reading.__file__]
    done = subprocess.run(command, input=json.dumps(said).encode() + b"\n" + data, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_as_a_program_it_says_what_it_found_or_why_it_found_nothing():
    assert run_as_program(GOOGLE)["busy"][0] == ["2026-11-24T15:00:00+00:00", "2026-11-24T15:30:00+00:00"]
    assert "web page" in run_as_program(b"<html>")["problem"]
