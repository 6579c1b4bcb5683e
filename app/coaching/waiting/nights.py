"""Nights on somebody's own clocks, in which nobody is offered anything and no time to answer runs down."""

from datetime import datetime, timedelta
from functools import lru_cache

from app.clock import in_zone

FROM_HOUR, TO_HOUR = 22, 7
# Every zone's offset from UTC, and every change of it, is a multiple of this.
STEP = timedelta(minutes=5)


def is_night(moment: datetime, zone: str) -> bool:
    """Whether the clocks of `zone` show a time from 10 PM to just before 7 AM."""
    hour = in_zone(moment, zone).hour
    return hour >= FROM_HOUR or hour < TO_HOUR


@lru_cache(maxsize=1024)  # Many wait by the same clocks.
def after_waking(start: datetime, span: timedelta, zone: str) -> datetime:
    """When so much time will have passed since `start`, without the nights of `zone`.

    Going by what the clocks show, step by step, is right on the days on which they skip an hour or show one twice, too.
    """
    moment, left = start, span
    while left > timedelta(0):
        step = min(STEP, left)
        if not is_night(moment, zone):
            left -= step
        moment += step
    return moment
