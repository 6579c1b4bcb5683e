"""The one source of time: every moment in the site is read here, in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def _system_time() -> datetime:
    return datetime.now(UTC)


# Tests put another reader here; code that did `from app.clock import now` follows it.
_read: Callable[[], datetime] = _system_time


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _read()


def is_zone(name: str) -> bool:
    """Whether `name` is a time zone of the IANA database, such as "America/New_York"."""
    return name in _zones()


@cache
def _zones() -> set[str]:
    return available_timezones()  # Walks through the files of every zone.


def in_zone(moment: datetime, zone: str) -> datetime:
    """The same instant on the clocks of `zone`."""
    return moment.astimezone(ZoneInfo(zone))
