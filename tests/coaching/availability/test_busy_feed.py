"""The feed of a coach's busy times: which addresses are taken, what is fetched from them, and for how long."""

import gzip
import time
from datetime import UTC, datetime

import pytest

from app import asking
from app.coaching.availability import busy_feed
from app.coaching.availability.busy_feed import BadFeed, feed_address, fetch, read
from app.coaching.availability.slots import Interval

CALENDAR = b"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1
DTSTART:20261124T150000Z
DTEND:20261124T160000Z
END:VEVENT
END:VCALENDAR
"""
NOVEMBER = Interval(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture
def secure(web, tmp_path, monkeypatch):
    """The web server, speaking TLS with a certificate that is believed, and a calendar on it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(web.use_tls(tmp_path)))
    web.answers["/cal.ics"], web.bodies["/cal.ics"] = 200, CALENDAR
    return web


def at(web, path="/cal.ics", host="shop.example.org", scheme="https"):
    return f"{scheme}://{host}:{web.port}{path}"


def refusal(url):
    with pytest.raises(BadFeed) as raised:
        fetch(url, "http://localhost:8000")
    return str(raised.value)


@pytest.mark.parametrize(
    ("pasted", "taken"),
    [
        (" https://calendar.example.org/a/basic.ics\n", "https://calendar.example.org/a/basic.ics"),
        ("webcal://p1-caldav.example.org/published/2/x", "https://p1-caldav.example.org/published/2/x"),
        ("WEBCALS://calendar.example.org/x?token=1#top", "https://calendar.example.org/x?token=1"),
        ("https://calendar.example.org:443/x.ics", "https://calendar.example.org:443/x.ics"),
        ("https://8.8.8.8/x.ics", "https://8.8.8.8/x.ics"),
    ],
)
def test_addresses_that_are_taken(pasted, taken):
    assert feed_address(pasted) == taken


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "begins with https"),
        ("my calendar", "begins with https"),
        ("calendar.example.org/x.ics", "begins with https"),
        ("https://", "begins with https"),
        ("https:///x.ics", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("https://calendar.example.org/a b.ics", "begins with https"),
        ("http://calendar.example.org/x.ics", "read along"),
        ("https://ada:secret@calendar.example.org/x.ics", "user name and password"),
        ("https://calendar.example.org:8443/x.ics", "port"),
        ("https://calendar.example.org:99999/x.ics", "no address"),
        ("https://[::1/x.ics", "no address"),
        *(
            (f"https://{host}/x.ics", "private network")
            for host in ("localhost", "127.0.0.1", "127.1", "2130706433", "192.168.1.5", "10.0.0.1", "169.254.169.254")
        ),
        *(
            (f"https://{host}/x.ics", "private network")
            for host in ("[::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "nas", "nas.local", "a.localhost", "0.0.0.0")
        ),
        (f"https://calendar.example.org/{'x' * 2000}", "too long"),
    ],
)
def test_addresses_that_are_refused_with_what_to_do(pasted, words):
    with pytest.raises(BadFeed, match=words):
        feed_address(pasted)


def test_a_calendar_is_fetched_and_read(secure):
    data = fetch(at(secure), "http://localhost:8000")
    busy = Interval(datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 16, tzinfo=UTC))
    assert read(data, "America/Chicago", NOVEMBER, []) == [busy]
    assert read(data, "America/Chicago", NOVEMBER, ["1"]) == []


def test_a_redirect_is_followed_a_few_times(secure):
    secure.answers |= {"/a": (302, "/b"), "/b": (301, at(secure)), "/loop": (302, "/loop")}
    assert fetch(at(secure, "/a"), "") == CALENDAR
    secure.asked.clear()
    assert "redirects" in refusal(at(secure, "/loop"))
    assert len(secure.asked) == busy_feed.MOST_REDIRECTS + 1


def test_a_redirect_inside_or_away_from_https_is_not_followed(secure, name_server):
    name_server.records["sly.example.org", "A"] = ["127.0.0.2"]
    secure.answers["/sly"] = (302, at(secure, host="sly.example.org"))
    secure.answers["/inside"] = (302, at(secure, host="127.0.0.2"))
    secure.answers["/open"] = (302, at(secure, scheme="http"))
    secure.answers["/file"] = (302, "file:///etc/passwd")
    assert "private network" in refusal(at(secure, "/sly"))
    assert "private network" in refusal(at(secure, "/inside"))
    assert "without https" in refusal(at(secure, "/open"))
    assert "no page of the web" in refusal(at(secure, "/file"))
    assert len(secure.asked) == 4


def test_this_machine_is_not_asked(secure, monkeypatch):
    monkeypatch.setattr(asking, "INSIDE_ALLOWED", ())
    assert "private network" in refusal(at(secure))
    assert secure.asked == []


def test_one_without_https_is_not_asked(web):
    assert "without https" in refusal(at(web, scheme="http"))
    assert web.asked == []


@pytest.mark.parametrize(("status", "words"), [(404, "copy the address anew"), (403, "log-in"), (503, "by itself")])
def test_a_refusal_is_told_with_what_to_do(secure, status, words):
    secure.answers["/cal.ics"] = status
    assert words in refusal(at(secure))


def test_a_certificate_nobody_vouches_for_is_refused(web, tmp_path):
    web.answers["/cal.ics"] = 200
    web.use_tls(tmp_path)
    assert "certificate" in refusal(at(web))
    assert web.asked == []


def test_a_certificate_of_another_host_is_refused(secure, name_server):
    name_server.records["other.example.org", "A"] = ["127.0.0.1"]
    assert "certificate" in refusal(at(secure, host="other.example.org"))


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_feed_that_drips_is_left_in_time(secure, monkeypatch, path):
    monkeypatch.setattr(busy_feed, "WHOLE_SECONDS", 0.5)
    began = time.monotonic()
    assert "in time" in refusal(at(secure, path))
    assert time.monotonic() - began < 3


def test_a_huge_feed_is_not_read_to_its_end(secure, monkeypatch):
    monkeypatch.setattr(busy_feed, "MOST_BYTES", 1_000_000)
    secure.bodies["/cal.ics"] = b"x" * 1_000_001
    assert "larger than 1 MB" in refusal(at(secure))


def test_one_that_was_packed_though_nobody_asked_is_not_unpacked(secure):
    bomb = gzip.compress(b"\0" * 10_000_000)
    secure.bodies["/cal.ics"], secure.headers = bomb, {"Content-Encoding": "gzip"}
    data = fetch(at(secure), "")
    assert data == bomb
    with pytest.raises(BadFeed, match="not a calendar"):
        read(data, "America/Chicago", NOVEMBER, [])


def test_one_that_breaks_off_is_refused(secure):
    secure.headers = {"Content-Length": str(len(CALENDAR) + 100)}
    assert "broke" in refusal(at(secure))


def test_a_feed_that_nobody_serves_or_nobody_knows_is_refused(name_server):
    name_server.records["x.example.org", "A"] = ["93.184.215.14"]
    assert "no such site" in refusal("https://nowhere.example.org/cal.ics")
    name_server.is_ill = True
    assert "name server" in refusal("https://x.example.org/cal.ics")


def test_a_calendar_that_takes_too_long_to_read_is_given_up(monkeypatch):
    monkeypatch.setattr(busy_feed, "READING_SECONDS", 0.5)
    # There is no thirtieth of February, and each of them is looked for until the year 9999.
    line = b"RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT"
    began = time.monotonic()
    with pytest.raises(BadFeed, match="too long"):
        read(CALENDAR.replace(b"END:VEVENT", line), "America/Chicago", NOVEMBER, [])
    assert time.monotonic() - began < 3


def test_a_calendar_that_takes_too_much_memory_is_given_up(monkeypatch):
    greedy = "program.MEMORY_BYTES = 1 << 27; program.busy_times = lambda *_: b'X' * (1 << 28); program.main()"
    monkeypatch.setattr(busy_feed, "READER", busy_feed.READER.replace("program.main()", greedy))
    with pytest.raises(BadFeed, match="too much"):
        read(CALENDAR, "America/Chicago", NOVEMBER, [])
