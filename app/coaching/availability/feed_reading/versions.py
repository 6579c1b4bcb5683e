"""How an event is, from which of its repetitions on."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from .looking import SENSELESS, Entry, Look
from .moments import DAY, Busy, from_, instant, listed, wall

EVER = datetime.min.replace(tzinfo=UTC)


class Change(NamedTuple):
    """An event of its own that stands for one repetition of another, and perhaps for all later ones (RFC 5545 §3.2.13).

    `at` is where that repetition would have been.
    """

    at: datetime
    event: Entry
    is_onward: bool


class Version(NamedTuple):
    """How an event is from one of its repetitions on: so much later than its rule says, and so long."""

    since: datetime
    shift: timedelta
    length: timedelta
    start: date
    is_free: bool

    def time_of(self, place: date, zone: str) -> Busy:
        """When the repetition is that its rule puts there."""
        if not self.shift and isinstance(place, datetime) == isinstance(self.start, datetime):
            return from_(place, self.length, zone)
        moved = (place if isinstance(place, datetime) else datetime.combine(place, time())) + self.shift
        if not isinstance(self.start, datetime):
            return from_(moved.date(), self.length, zone)
        return from_(moved if moved.tzinfo else moved.replace(tzinfo=self.start.tzinfo), self.length, zone)


def uid(event: Entry) -> str:
    return str(event.get("UID", ""))


def changes_of(events: Iterable[Entry], look: Look) -> dict[str, list[Change]]:
    """What is moved, changed or cancelled of the repetitions of events, by UID, in order."""
    changes: dict[str, list[Change]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            with suppress(*SENSELESS):
                told = event["RECURRENCE-ID"]
                is_onward = str(told.params.get("RANGE", "")).upper() == "THISANDFUTURE"
                changes.setdefault(uid(event), []).append(Change(instant(told.dt, look.zone), event, is_onward))
    return {whose: sorted(found, key=lambda change: change.at) for whose, found in changes.items()}


def version_of(event: Entry, start: date, look: Look) -> Version:
    length = length_of(event, start, look.zone)
    return Version(EVER, timedelta(), length, start, is_free(event, look) or length <= timedelta())


def versions_after(first: date, changes: Iterable[Change], look: Look) -> Iterator[Version]:
    """What becomes of all later repetitions of an event that starts at `first`.

    They are as much later or earlier as the first of them is, on the same clocks, and last as long.
    """
    zone = first.tzinfo if isinstance(first, datetime) else None
    for change in changes:
        if not change.is_onward:
            continue
        if is_free(change.event, look):
            yield Version(change.at, timedelta(), timedelta(), first, True)
            continue
        with suppress(*SENSELESS):
            start = change.event["DTSTART"].dt
            was = wall(change.event["RECURRENCE-ID"].dt, zone, look.zone)
            version = version_of(change.event, start, look)
            yield version._replace(since=change.at, shift=wall(start, zone, look.zone) - was)


def is_free(event: Entry, look: Look) -> bool:
    return (
        str(event.get("STATUS", "")).upper() == "CANCELLED"
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
        or any(_is_declined(each, look.address) for each in listed(event.get("ATTENDEE")))
    )


def _is_declined(attendee: Any, address: str) -> bool:
    """Whether this says that the coach does not come (RFC 5545 §3.2.12; for the address, RFC 7986 §6.2 too)."""
    told = {str(attendee).lower().removeprefix("mailto:"), str(attendee.params.get("EMAIL", "")).lower()}
    return address.lower() in told and str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"


def length_of(event: Entry, start: date, zone: str) -> timedelta:
    """The elapsed time that it takes, the same at each repetition; for whole days, the number of them."""
    if "DURATION" in event:
        lasts: timedelta = event["DURATION"].dt
        return lasts
    if "DTEND" not in event:
        return timedelta() if isinstance(start, datetime) else DAY
    end: date = event["DTEND"].dt
    if isinstance(start, datetime) or isinstance(end, datetime):
        return instant(end, zone) - instant(start, zone)
    return max(end - start, DAY)  # Some write the day itself as its end.
