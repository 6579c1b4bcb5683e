"""The next times at which a coach could be booked, on the coach's clock."""

from datetime import date
from itertools import groupby
from typing import NamedTuple

from app.clock import in_zone
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.diary import Diary

SHOWN_DAYS = 5


class FreeTimes(NamedTuple):
    """`days` are names of days, each with its times."""

    kinds: list[ConsultationKind]
    kind: ConsultationKind | None
    days: list[tuple[str, list[str]]]

    @classmethod
    def of(cls, coach: Coach, kind_slug: str, since: date = date.min) -> "FreeTimes":
        """Those of the coach as they are now, saved or not, from that day on, for the kind named or else the first."""
        kinds = ConsultationKind.active()
        kind = next((each for each in kinds if each.slug == kind_slug), kinds[0] if kinds else None)
        if kind is None:
            return cls(kinds, None, [])
        [diary] = Diary.read(kind, [coach])
        shown = (in_zone(starts_at, coach.time_zone) for starts_at in diary.free())
        shown = (at for at in shown if at.date() >= since)
        days = [(day, list(times)) for day, times in groupby(shown, key=lambda at: at.date())]
        return cls(
            kinds,
            kind,
            [(f"{day:%A, %B} {day.day}", [f"{at:%H:%M}" for at in times]) for day, times in days[:SHOWN_DAYS]],
        )
