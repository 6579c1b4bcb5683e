"""What keeps people from booking though nobody asked for it, each in a line with where to mend it."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import url_for

from app.clock import in_zone, now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.offer import CoachingOffer
from app.studio.owner_clock import on_my_clock


class Trouble(NamedTuple):
    words: str
    url: str


def coaching_troubles() -> list[Trouble]:
    """None where the site offers no coaching."""
    if not CoachingOffer.current():
        return []
    coaches = Coach.active()
    return [*_nothing_on_offer(coaches), *(trouble for coach in coaches for trouble in _troubles_of(coach))]


def _nothing_on_offer(coaches: list[Coach]) -> Iterator[Trouble]:
    if not ConsultationKind.active():
        yield Trouble("Every kind of consultation is switched off: nobody can book", url_for("studio.list_kinds"))
    if not coaches:
        yield Trouble("Every coach is switched off: nobody can book", url_for("studio.list_coaches"))


def _troubles_of(coach: Coach) -> Iterator[Trouble]:
    if not (coach.weekly_hours or _has_hours_ahead(coach)):
        url = url_for("studio.show_coach_hours", coach_id=coach.id)
        yield Trouble(f"{coach.name} has no hours: nobody can book a time with them", url)
    if since := coach.busy_feed_failing_since:
        url = url_for("studio.show_coach_calendars", coach_id=coach.id)
        yield Trouble(
            f"{coach.name}\N{RIGHT SINGLE QUOTATION MARK}s own calendar cannot be read, since {on_my_clock(since)}", url
        )


def _has_hours_ahead(coach: Coach) -> bool:
    today = in_zone(now(), coach.time_zone).date()
    return any(row.is_extra and row.day >= today for row in coach.date_overrides)
