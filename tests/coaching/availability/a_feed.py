"""Calendars, and what is read in them."""

from datetime import UTC, datetime, timedelta

from app.coaching.availability.feed_reading.busy import busy_times
from app.coaching.availability.feed_reading.looking import Look

CHICAGO, SYDNEY = "America/Chicago", "Australia/Sydney"


def calendar(*entries, head="PRODID:-//Test//EN"):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", head]
    return "\r\n".join([*lines, *(line for entry in entries for line in entry), "END:VCALENDAR", ""]).encode()


def event(*lines, uid="1@example.org"):
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", "SUMMARY:Clinic", *lines, "END:VEVENT"]


def look(first="2026-11-22", days=100, zone=CHICAGO, ours=(), address=""):
    begins = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return Look(zone, begins, begins + timedelta(days=days), frozenset(ours), address)


def read(data, **looking):
    """What is busy, as text in UTC."""
    return [f"{start:%m-%d %H:%M}/{end:%m-%d %H:%M}" for start, end in busy_times(data, look(**looking))]


def read_event(*lines, **looking):
    return read(calendar(event(*lines)), **looking)
