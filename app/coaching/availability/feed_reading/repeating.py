"""Where the rules of an event put its repetitions, within bounds."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from .looking import SENSELESS, Entry, Look, Unreadable
from .moments import DAY, day, instant, listed
from .versions import Version

# As many of one event in the time that is looked at are more than one each quarter of an hour for a year.
MOST_REPETITIONS = 40_000
# What it takes to walk through one event's: some never come, and are looked for until the year 9999.
RULE_SECONDS = 3.0
PERIODS = {
    "SECONDLY": timedelta(seconds=1),
    "MINUTELY": timedelta(minutes=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(weeks=1),
}
WITHIN_A_DAY = ("SECONDLY", "MINUTELY", "HOURLY")
# Parts of a rule that its reader does not know (RFC 7529), or reads otherwise than calendars write them.
FOREIGN_PARTS = ("RSCALE", "SKIP", "UNTIL")


def places_of(event: Entry, start: date, versions: list[Version], look: Look) -> dict[datetime, date]:
    """Where its rules put it, by instant and as told. Raises Unreadable, naming it, where that is too often to tell."""
    told = [start, *(each for each in added(event) if not isinstance(each, tuple))]
    places = {instant(each, look.zone): each for each in told}
    with suppress(*SENSELESS), _in_time(event, look):  # A rule that makes no sense leaves the first time.
        for number, wall in enumerate(_repeated(event, start, versions, look)):
            if number >= MOST_REPETITIONS:
                raise TimeoutError
            places.setdefault(instant(wall, look.zone), wall)
    return places


@contextmanager
def _in_time(event: Entry, look: Look) -> Iterator[None]:
    """Raises Unreadable, naming the event, when walking through it takes too long."""
    signal.signal(signal.SIGVTALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, RULE_SECONDS)
    try:
        yield
    except TimeoutError:
        begins = instant(event["DTSTART"].dt, look.zone).astimezone(ZoneInfo(look.zone))
        raise Unreadable(
            f"the event that begins on {begins:%B} {begins.day}, {begins.year}, at {begins:%H:%M} ({look.zone}) repeats"
            " too often, or in an odd way: let it repeat less often, give it an end, or show it as free"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _time_is_up(*_: Any) -> NoReturn:
    raise TimeoutError


def _repeated(event: Entry, start: date, versions: list[Version], look: Look) -> Iterator[date]:
    """Its repetitions that may touch what is looked for, on the clocks its start is told in: so rules are meant."""
    reach = max(version.length for version in versions), max(abs(version.shift) for version in versions)
    zone = start.tzinfo if isinstance(start, datetime) else None
    wall = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
    # Whoever's clocks: none is further than a day from UTC.
    first = look.first.replace(tzinfo=None) - sum(reach, 2 * DAY)
    last = look.last.replace(tzinfo=None) + reach[1] + DAY
    for rule in listed(event.get("RRULE")):
        if rule.get("INTERVAL", [1])[0] < 1:
            continue
        until = min([last, *(_until(each, start, look.zone) for each in rule.get("UNTIL", []))])
        for each in _walls(rule, wall, first) if until >= first else ():
            if each > until:
                break
            if each >= first and not isinstance(start, datetime):
                yield each.date()
            elif each >= first:
                yield (told := each.replace(tzinfo=zone))
                if rule["FREQ"][0].upper() in WITHIN_A_DAY and _is_shown_twice(each, zone or ZoneInfo(look.zone)):
                    yield told.replace(fold=1)


def _is_shown_twice(wall: datetime, zone: tzinfo) -> bool:
    return zone.utcoffset(wall) != zone.utcoffset(wall.replace(fold=1))


def _walls(rule: Any, start: datetime, first: datetime) -> Iterator[datetime]:
    """What a rule makes of a start; those before `first` may be left out."""
    known = type(rule)({name: value for name, value in rule.items() if name not in FOREIGN_PARTS})
    if (period := PERIODS.get(rule["FREQ"][0].upper())) and "COUNT" not in rule and start < first:
        # A rule without a count can be begun at any of its periods: years of them need not be walked through.
        period *= rule.get("INTERVAL", [1])[0]
        start += (first - start) // period * period
    yield from rrulestr(known.to_ical().decode(), dtstart=start)


def _until(moment: date, start: date, zone: str) -> datetime:
    """The last moment of a rule on the clocks of its event; a date, or any time for whole days, means all of a day."""
    if not isinstance(moment, datetime) or not isinstance(start, datetime):
        return datetime.combine(day(moment), time.max)
    return moment.astimezone(start.tzinfo or ZoneInfo(zone)).replace(tzinfo=None) if moment.tzinfo else moment


def left_out_of(event: Entry, start: date, zone: str) -> tuple[set[datetime], set[date]]:
    """Its exceptions, as instants, and as days for an event that has a time but is excepted by the day."""
    moments = [each.dt for line in listed(event.get("EXDATE")) for each in line.dts]
    days = {each for each in moments if not isinstance(each, datetime)}
    return {instant(each, zone) for each in moments}, days if isinstance(start, datetime) else set()


def added(event: Entry) -> list[Any]:
    """Its times besides the rules, some as periods of their own."""
    return [each.dt for line in listed(event.get("RDATE")) for each in line.dts]
