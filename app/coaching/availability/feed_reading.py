"""When somebody is busy, from the bytes of their calendar (RFC 5545).

This file is run as a program of its own, by its path, and imports nothing of the site: whoever may send an invitation
writes into that calendar, so the time and the memory that it can take are bounded from outside (see busy_feed).
"""

import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from math import prod
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import LazyCalendar

# A daily event reaches this far after a hundred years; what repeats more often than daily is no appointment.
MOST_REPETITIONS = 40_000
FOLLOWED = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
# An event that repeats within a day, as a medicine may, is one appointment a few times a day at most.
WITHIN_A_DAY, MOST_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND"), 4
# A dozen a day for a year: what is busy more often is no calendar of somebody's, and too much to keep.
MOST_BUSY_TIMES = 5_000
# What a time is reserved by: no part of one can be booked.
TICK_SECONDS = 300
PERIODS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}
# Parts of a rule that its reader does not know (RFC 7529), or reads otherwise than calendars write them.
FOREIGN_PARTS = ("RSCALE", "SKIP", "UNTIL")
MEMORY_BYTES = 1 << 30
# What the libraries raise when somebody wrote nonsense.
SENSELESS = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
BOM = b"\xef\xbb\xbf"
FOLD = re.compile(rb"\r?\n[ \t]")
# All else, such as what is talked of and with whom, is not even parsed.
NEEDED = re.compile(
    rb"(BEGIN|END|UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|TRANSP|FREEBUSY|TZID|TZNAME"
    rb"|TZOFFSETFROM|TZOFFSETTO|X-MICROSOFT-CDO-BUSYSTATUS)[:;]",
    re.IGNORECASE,
)
DAY = timedelta(days=1)

Busy = tuple[datetime, datetime]
# The library tells of any property that it may be of any type.
Entry = Any


class Unreadable(Exception):
    """Nothing can be told from it. The message says to the owner why."""


class Look(NamedTuple):
    """What is looked for: busy times between two moments. `zone` is for what names none, such as whole days; events
    whose UID is one of `ours` are known better here.
    """

    zone: str
    first: datetime
    last: datetime
    ours: frozenset[str] = frozenset()


def busy_times(data: bytes, look: Look) -> list[Busy]:
    """In order, in UTC, none touching another, in whole ticks. Raises Unreadable."""
    entries = [entry for entry in _entries(data) if _uid(entry) not in look.ours]
    moved = _moved(entries, look)
    found: list[Busy] = []
    for entry in entries:
        # One that makes no sense is not to hide all others.
        with suppress(*SENSELESS):
            found += _told_busy(entry, look) if entry.name == "VFREEBUSY" else _times_of(entry, moved, look)
    near = ((start, end) for start, end in found if start < min(end, look.last) and end > look.first)
    merged = _merged(_on_ticks(start, min(end, look.last)) for start, end in near)
    if len(merged) > MOST_BUSY_TIMES:
        raise Unreadable(f"it is busy more than {MOST_BUSY_TIMES:,} times: an event in it may repeat in an odd way")
    return merged


def _entries(data: bytes) -> list[Entry]:
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
        calendars: list[Any] = LazyCalendar.from_ical(_needed(data), multiple=True)
        return [entry for each in calendars for entry in (*each.walk("VEVENT"), *each.walk("VFREEBUSY"))]
    except (*SENSELESS, OSError, RecursionError) as problem:
        raise Unreadable(f"part of the calendar cannot be read ({type(problem).__name__})") from problem


def _needed(data: bytes) -> bytes:
    lines = FOLD.sub(b"", data.removeprefix(BOM)).splitlines()
    return b"\r\n".join(line for line in lines if NEEDED.match(line)) + b"\r\n"


def _uid(event: Entry) -> str:
    return str(event.get("UID", ""))


def _moved(events: Iterable[Entry], look: Look) -> dict[str, set[datetime]]:
    """Where repetitions would have been that an event of their own stands for, by UID: moved, changed or cancelled."""
    moved: dict[str, set[datetime]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            with suppress(*SENSELESS):
                moved.setdefault(_uid(event), set()).add(_instant(event["RECURRENCE-ID"].dt, look.zone))
    return moved


def _times_of(event: Entry, moved: dict[str, set[datetime]], look: Look) -> Iterator[Busy]:
    if _is_free(event):
        return
    start = event["DTSTART"].dt
    length = _length(event, start, look.zone)
    if "RECURRENCE-ID" in event:
        yield _from(start, length, look.zone)
        return
    left_out, days_left_out = _left_out(event, start, look.zone)
    left_out |= moved.get(_uid(event), set())
    walls = {start}
    with suppress(*SENSELESS):  # A rule that makes no sense leaves the first time.
        walls.update(_repeated(event, start, length, look))
    for wall in walls:
        busy = _from(wall, length, look.zone)
        if busy[0] not in left_out and _day(wall) not in days_left_out:
            yield busy
    for busy in _added(event, length, look.zone):
        if busy[0] not in left_out:
            yield busy


def _is_free(event: Entry) -> bool:
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    )


def _length(event: Entry, start: date, zone: str) -> timedelta:
    """The elapsed time that it takes, the same at each repetition; for whole days, the number of them."""
    if "DURATION" in event:
        lasts: timedelta = event["DURATION"].dt
        return lasts
    if "DTEND" not in event:
        return timedelta() if isinstance(start, datetime) else DAY
    end: date = event["DTEND"].dt
    if isinstance(start, datetime) or isinstance(end, datetime):
        return _instant(end, zone) - _instant(start, zone)
    return max(end - start, DAY)  # Some write the day itself as its end.


def _from(start: date, length: timedelta, zone: str) -> Busy:
    if isinstance(start, datetime):
        begins = _instant(start, zone)
        return begins, begins + length
    return _instant(start, zone), _instant(start + length, zone)


def _instant(moment: date, zone: str) -> datetime:
    """In UTC; a day begins at midnight in `zone`, and a time that names no zone, or an unknown one, is told in it."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _repeated(event: Entry, start: date, length: timedelta, look: Look) -> Iterator[date]:
    """Its repetitions that may touch what is looked for, on the clocks its start is told in: so rules are meant."""
    zone = start.tzinfo if isinstance(start, datetime) else None
    wall = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    # Whoever's clocks: none is further than a day from UTC.
    first, last = look.first.replace(tzinfo=None) - length - 2 * DAY, look.last.replace(tzinfo=None) + DAY
    for rule in _listed(event.get("RRULE")):
        if not _is_followed(rule):
            continue
        until = min([last, *(_until(each, start, look.zone) for each in rule.get("UNTIL", []))])
        for each in _walls(rule, wall, first) if until >= first else ():
            if each > until:
                break
            if each >= first:
                yield each.replace(tzinfo=zone) if isinstance(start, datetime) else each.date()


def _is_followed(rule: Any) -> bool:
    """Whether its repetitions count; of what repeats too often, only the first time does."""
    times_a_day = prod(len(_listed(rule.get(part, [0]))) for part in WITHIN_A_DAY)
    return rule["FREQ"][0].upper() in FOLLOWED and rule.get("INTERVAL", [1])[0] >= 1 and times_a_day <= MOST_A_DAY


def _walls(rule: Any, start: datetime, first: datetime) -> Iterator[datetime]:
    """What a rule makes of a start; those before `first` may be left out."""
    known = type(rule)({name: value for name, value in rule.items() if name not in FOREIGN_PARTS})
    if (period := PERIODS.get(rule["FREQ"][0].upper())) and "COUNT" not in rule and start < first:
        # A rule without a count can be begun at any of its periods: years of them need not be walked through.
        period *= rule.get("INTERVAL", [1])[0]
        start += (first - start) // period * period
    yield from islice(rrulestr(known.to_ical().decode(), dtstart=start), MOST_REPETITIONS)


def _until(moment: date, start: date, zone: str) -> datetime:
    """The last moment of a rule on the clocks of its event; a date, or any time for whole days, means all of a day."""
    if not isinstance(moment, datetime) or not isinstance(start, datetime):
        return datetime.combine(_day(moment), time.max)
    return moment.astimezone(start.tzinfo or ZoneInfo(zone)).replace(tzinfo=None) if moment.tzinfo else moment


def _left_out(event: Entry, start: date, zone: str) -> tuple[set[datetime], set[date]]:
    """Its exceptions, as instants, and as days for an event that has a time but is excepted by the day."""
    moments = [each.dt for listed in _listed(event.get("EXDATE")) for each in listed.dts]
    days = {each for each in moments if not isinstance(each, datetime)}
    return {_instant(each, zone) for each in moments}, days if isinstance(start, datetime) else set()


def _added(event: Entry, length: timedelta, zone: str) -> Iterator[Busy]:
    for each in (each.dt for listed in _listed(event.get("RDATE")) for each in listed.dts):
        yield _period(each, zone) if isinstance(each, tuple) else _from(each, length, zone)


def _period(period: tuple[date, date | timedelta], zone: str) -> Busy:
    start, end = period
    begins = _instant(start, zone)
    return begins, begins + end if isinstance(end, timedelta) else _instant(end, zone)


def _told_busy(entry: Entry, look: Look) -> Iterator[Busy]:
    for each in _listed(entry.get("FREEBUSY")):
        if str(each.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            yield _period(each.dt, look.zone)


def _listed(value: Any) -> list[Any]:
    """What an event has once is no list, and what it has twice is one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


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


def main() -> None:
    """A line of JSON that says what is looked for, and the calendar, to a line of JSON that says what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    said = json.loads(sys.stdin.buffer.readline())
    first, last = (datetime.fromisoformat(said[name]) for name in ("first", "last"))
    try:
        busy = busy_times(sys.stdin.buffer.read(), Look(said["zone"], first, last, frozenset(said["ours"])))
        answer: dict[str, Any] = {"busy": [[start.isoformat(), end.isoformat()] for start, end in busy]}
    except Unreadable as why:
        answer = {"problem": str(why)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
