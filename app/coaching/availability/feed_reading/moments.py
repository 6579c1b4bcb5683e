"""Moments as calendars tell them, on whoever's clocks."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)

Busy = tuple[datetime, datetime]


def instant(moment: date, zone: str) -> datetime:
    """In UTC; a day begins at midnight in `zone`, and a time that names no zone, or an unknown one, is told in it."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def wall(moment: date, zone: tzinfo | None, usual: str) -> datetime:
    """What the clocks of `zone` show then, or those of the usual zone if it is none."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(zone or ZoneInfo(usual)).replace(tzinfo=None) if moment.tzinfo else moment


def day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def from_(start: date, length: timedelta, zone: str) -> Busy:
    if isinstance(start, datetime):
        begins = instant(start, zone)
        return begins, begins + length
    return instant(start, zone), instant(start + length, zone)


def period(told: tuple[date, date | timedelta], zone: str) -> Busy:
    start, end = told
    begins = instant(start, zone)
    return begins, begins + end if isinstance(end, timedelta) else instant(end, zone)


def listed(value: Any) -> list[Any]:
    """What an event has once is no list, and what it has twice is one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
