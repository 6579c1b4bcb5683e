"""The one source of time: every moment in the site is read here, in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def _system_time() -> datetime:
    return datetime.now(UTC)


# A day in any other is a slip of the one who typed it.
YEARS = range(2000, 2100)
# Tests put another reader here; code that did `from app.clock import now` follows it.
_read: Callable[[], datetime] = _system_time


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _read()


def in_utc(moment: datetime) -> datetime:
    """`moment` in UTC; one that names no zone is taken to be told in UTC. Raises OverflowError at the ends of time."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_moment(text: str) -> datetime | None:
    """What `text` tells in the manner of ISO 8601, in UTC; None if that is no moment."""
    try:
        return in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def is_zone(name: str) -> bool:
    """Whether `name` is a time zone of the IANA database, such as "America/New_York"."""
    return name in _zones()


@cache
def _zones() -> set[str]:
    return available_timezones()  # Walks through the files of every zone.


def in_zone(moment: datetime, zone: str) -> datetime:
    """The same instant on the clocks of `zone`."""
    return moment.astimezone(ZoneInfo(zone))
