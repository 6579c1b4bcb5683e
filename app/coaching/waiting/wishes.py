"""What somebody waits for: days and parts of the day on their own clocks."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from app.clock import in_zone, now
from app.coaching.availability.models import Coach
from app.coaching.waiting.nights import after_waking, is_night

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# From which hour on, until the next of them; before the first it is still the last.
DAY_PARTS = {"early": 5, "day": 8, "evening": 17, "night": 22}
PART_LABELS = {
    "early": "Early morning, 5 to 8 AM",
    "day": "Daytime, 8 AM to 5 PM",
    "evening": "Evening, 5 to 10 PM",
    "night": "Night, 10 PM to 5 AM",
}


class WaitingWish(NamedTuple):
    """Which openings suit somebody, and whether they may be told of one at night. No coach means any."""

    coach: Coach | None
    weekdays: tuple[int, ...]  # 0 is Monday.
    day_parts: tuple[str, ...]
    time_zone: str
    also_at_night: bool

    def suits(self, starts_at: datetime, coach: Coach) -> bool:
        """Whether a time of the coach begins on one of the days, in one of the parts of the day."""
        if self.coach is not None and self.coach.id != coach.id:
            return False
        weekday, part = day_and_part(starts_at, self.time_zone)
        return weekday in self.weekdays and part in self.day_parts

    @property
    def may_be_told_now(self) -> bool:
        return self.also_at_night or not is_night(now(), self.time_zone)

    def time_to_answer(self, span: timedelta) -> datetime:
        """When somebody who is told now will have had so much time; nights count only for who is told at night too."""
        minute = now().replace(second=0, microsecond=0)
        return minute + span if self.also_at_night else after_waking(minute, span, self.time_zone)


@lru_cache(maxsize=1 << 16)  # The same times are looked at for everybody who waits by the same clocks.
def day_and_part(moment: datetime, zone: str) -> tuple[int, str]:
    """The weekday and the part of the day that the clocks of `zone` show."""
    shown = in_zone(moment, zone)
    parts = [part for part, from_hour in DAY_PARTS.items() if from_hour <= shown.hour]
    return shown.weekday(), parts[-1] if parts else "night"
