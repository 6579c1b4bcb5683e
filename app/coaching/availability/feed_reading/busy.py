"""The busy times of a calendar, its events as they are read and told."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from icalendar import LazyCalendar

from .looking import SENSELESS, Entry, Look, Unreadable
from .moments import Busy, day, from_, listed, period
from .repeating import added, left_out_of, places_of
from .versions import Change, changes_of, is_free, length_of, uid, version_of, versions_after

# A dozen a day for a year: what is busy more often is no calendar of somebody's, and too much to keep.
MOST_BUSY_TIMES = 5_000
# What a time is reserved by: no part of one can be booked.
TICK_SECONDS = 300
BOM = b"\xef\xbb\xbf"
FOLD = re.compile(rb"\r?\n[ \t]")
# All else, such as what is talked of and with whom, is not even parsed, but for whether the coach declined it.
NEEDED = re.compile(
    rb"(BEGIN|END|UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|TRANSP|FREEBUSY|TZID|TZNAME"
    rb"|TZOFFSETFROM|TZOFFSETTO|X-MICROSOFT-CDO-BUSYSTATUS)[:;]",
    re.IGNORECASE,
)


def busy_times(data: bytes, look: Look) -> list[Busy]:
    """In order, in UTC, none touching another, in whole ticks. Raises Unreadable."""
    entries = [entry for entry in _entries(data, look.address) if uid(entry) not in look.ours]
    changes = changes_of(entries, look)
    found: list[Busy] = []
    for entry in entries:
        times: list[Busy] = []
        # One that makes no sense is not to hide all others.
        with suppress(*SENSELESS):
            told = _told_busy(entry, look) if entry.name == "VFREEBUSY" else _times_of(entry, changes, look)
            times += _near(told, look)
        found += _merged(times)
    merged = _merged(found)
    if len(merged) > MOST_BUSY_TIMES:
        raise Unreadable(f"it is busy more than {MOST_BUSY_TIMES:,} times: an event in it may repeat in an odd way")
    return merged


def _near(told: Iterable[Busy], look: Look) -> Iterator[Busy]:
    for start, end in told:
        if start < min(end, look.last) and end > look.first:
            yield _on_ticks(start, min(end, look.last))


def _entries(data: bytes, address: str) -> list[Entry]:
    beginning, end = data[:1000].removeprefix(BOM).lstrip().upper(), data[-1000:].upper()
    if not beginning:
        raise Unreadable("there is nothing in it")
    if beginning.startswith(b"<"):
        raise Unreadable("it is a web page and not a calendar: take the calendar's address in iCal format (.ics)")
    if not beginning.startswith(b"BEGIN:VCALENDAR"):
        raise Unreadable("it is not a calendar in iCal format (.ics)")
    if b"END:VCALENDAR" not in end:  # Some add a comment after it.
        raise Unreadable("the calendar breaks off in the middle")
    try:
        calendars: list[Any] = LazyCalendar.from_ical(_needed(data, address), multiple=True)
        return [entry for each in calendars for entry in (*each.walk("VEVENT"), *each.walk("VFREEBUSY"))]
    except (*SENSELESS, OSError, RecursionError) as problem:
        raise Unreadable(f"part of the calendar cannot be read ({type(problem).__name__})") from problem


def _needed(data: bytes, address: str) -> bytes:
    lines = FOLD.sub(b"", data.removeprefix(BOM)).splitlines()
    needed = (line for line in lines if NEEDED.match(line) or (address and _may_decline(line, address)))
    return b"\r\n".join(needed) + b"\r\n"


def _may_decline(line: bytes, address: str) -> bool:
    """Whether it may tell that the coach does not come to what they are invited to."""
    told = line.upper()
    return told.startswith(b"ATTENDEE;") and b"DECLINED" in told and address.upper().encode() in told


def _times_of(event: Entry, changes: dict[str, list[Change]], look: Look) -> Iterator[Busy]:
    start = event["DTSTART"].dt
    if "RECURRENCE-ID" in event:
        if not is_free(event, look):
            yield from_(start, length_of(event, start, look.zone), look.zone)
        return
    changed = changes.get(uid(event), [])
    versions = [version_of(event, start, look), *versions_after(start, changed, look)]
    if all(version.is_free for version in versions):
        return
    left_out, days_left_out = left_out_of(event, start, look.zone)
    left_out |= {change.at for change in changed}
    for at, place in places_of(event, start, versions, look).items():
        version = next(version for version in reversed(versions) if version.since <= at)
        if at not in left_out and day(place) not in days_left_out and not version.is_free:
            yield version.time_of(place, look.zone)
    if not versions[0].is_free:
        yield from (busy for busy in _added_periods(event, look.zone) if busy[0] not in left_out)


def _added_periods(event: Entry, zone: str) -> Iterator[Busy]:
    return (period(each, zone) for each in added(event) if isinstance(each, tuple))


def _told_busy(entry: Entry, look: Look) -> Iterator[Busy]:
    for each in listed(entry.get("FREEBUSY")):
        if str(each.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            yield period(each.dt, look.zone)


def _on_ticks(start: datetime, end: datetime) -> Busy:
    first, last = int(start.timestamp()) // TICK_SECONDS, -(int(-end.timestamp()) // TICK_SECONDS)
    return datetime.fromtimestamp(first * TICK_SECONDS, UTC), datetime.fromtimestamp(last * TICK_SECONDS, UTC)


def _merged(found: Iterable[Busy]) -> list[Busy]:
    merged: list[Busy] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
