"""Calendars as Google, Outlook, Apple and others write them, and what is none."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.coaching.availability import busy_feed
from app.coaching.availability.feed_reading.busy import busy_times
from app.coaching.availability.feed_reading.looking import Unreadable
from tests.coaching.availability.a_feed import CHICAGO, SYDNEY, calendar, event, look, read, read_event

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


def run_as_program(data):
    said = {"zone": CHICAGO, "first": "2026-11-22T00:00:00+00:00", "last": "2027-03-01T00:00:00+00:00"}
    said |= {"ours": [], "address": ""}
    command = [sys.executable, "-I", "-c", busy_feed.READER, Path(busy_feed.__file__).parent]
    done = subprocess.run(command, input=json.dumps(said).encode() + b"\n" + data, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_as_a_program_it_says_what_it_found_or_why_it_found_nothing():
    assert run_as_program(GOOGLE)["busy"][0] == ["2026-11-24T15:00:00+00:00", "2026-11-24T15:30:00+00:00"]
    assert "web page" in run_as_program(b"<html>")["problem"]
