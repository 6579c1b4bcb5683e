"""Hours of the day in which a subscriber wants no letter, such as the night, or the day after a night shift."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from app.clock import in_zone, is_zone
from app.local_times import clock_time, zone_in_words

# Every zone's offset from UTC, and every change of it, is a multiple of this.
STEP = timedelta(minutes=15)


def end_of(moment: datetime, from_hour: int, to_hour: int, zone: str) -> datetime | None:
    """The first instant after `moment`, in UTC, at which the clocks of `zone` show none of the quiet hours.

    None when they show none at `moment`, or when `zone` is no time zone. `to_hour` is not quiet any more; a window that
    ends before it begins goes over midnight. Going by what the clocks show, step by step, is right on the days on which
    they skip an hour or show one twice, too.
    """
    if not is_zone(zone):
        return None
    step = moment.astimezone(UTC).replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    end = _first_step_not_quiet(step, from_hour, to_hour, zone)
    return end if end > step else None


@lru_cache(maxsize=4096)  # Many thousands sleep by the same clocks.
def _first_step_not_quiet(step: datetime, from_hour: int, to_hour: int, zone: str) -> datetime:
    while _is_quiet(in_zone(step, zone).hour, from_hour, to_hour):
        step += STEP
    return step


def in_words(from_hour: int, to_hour: int, zone: str) -> str:
    """Such as "10:00 PM to 6:00 AM, Chicago (America/Chicago)"."""
    return f"{clock_time(time(from_hour))} to {clock_time(time(to_hour))}, {zone_in_words(zone)}"


def _is_quiet(hour: int, from_hour: int, to_hour: int) -> bool:
    if from_hour < to_hour:
        return from_hour <= hour < to_hour
    return hour >= from_hour or hour < to_hour
