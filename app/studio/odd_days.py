from collections.abc import Iterable
from datetime import timedelta

from app.clock import now
from app.coaching.availability.hours import clock_changes, odd_days
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import DayHours, Hours


def odd_days_ahead(coach: Coach, weekly: Iterable[Hours] = (), dated: Iterable[DayHours] = ()) -> list[str]:
    """In words, what becomes of these hours on the days within a year on which the coach's clocks are changed."""
    return odd_days(weekly, dated, clock_changes(coach.time_zone, now(), now() + timedelta(days=365)))
