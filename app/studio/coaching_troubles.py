"""What keeps people from booking though nobody asked for it, each in a line with where to mend it."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import url_for
from sqlalchemy import select

from app.clock import in_zone, now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.extensions import db
from app.studio.coaching_views import consultations_by_state
from app.studio.owner_clock import on_my_clock


class Trouble(NamedTuple):
    words: str
    url: str


def coaching_troubles() -> list[Trouble]:
    """None where the site offers no coaching."""
    if not CoachingOffer.current():
        return []
    coaches = Coach.active()
    of_each = (trouble for coach in coaches for trouble in _troubles_of(coach))
    return [*_nothing_on_offer(coaches), *of_each, *_nowhere_to_talk()]


def _nothing_on_offer(coaches: list[Coach]) -> Iterator[Trouble]:
    if not ConsultationKind.active():
        yield Trouble("Every kind of consultation is switched off: nobody can book", url_for("studio.list_kinds"))
    if not coaches:
        yield Trouble("Every coach is switched off: nobody can book", url_for("studio.list_coaches"))


def _troubles_of(coach: Coach) -> Iterator[Trouble]:
    if not _has_hours(coach):
        url = url_for("studio.show_coach_hours", coach_id=coach.id)
        yield Trouble(f"{coach.name} has no hours: nobody can book a time with them", url)
    if since := coach.busy_feed_failing_since:
        url = url_for("studio.show_coach_calendars", coach_id=coach.id)
        yield Trouble(
            f"{coach.name}\N{RIGHT SINGLE QUOTATION MARK}s own calendar cannot be read, since {on_my_clock(since)}", url
        )


def _nowhere_to_talk() -> Iterator[Trouble]:
    """Of whoever can be booked, or is: one who is switched off may be awaited all the same."""
    ahead = (consultations_by_state()["booked"], Consultation.starts_at > now(), Consultation.coach_id == Coach.id)
    is_awaited = select(Consultation.id).where(*ahead).correlate(Coach).exists()
    placeless = select(Coach, is_awaited).where(Coach.location == "").order_by(Coach.position, Coach.id)
    for coach, awaited in db.session.execute(placeless):
        if awaited or (coach.is_active and _has_hours(coach)):
            url = url_for("studio.show_coach", coach_id=coach.id)
            yield Trouble(f"{coach.name} has no location: whoever books is not told where you talk", url)


def _has_hours(coach: Coach) -> bool:
    today = in_zone(now(), coach.time_zone).date()
    return bool(coach.weekly_hours) or any(row.is_extra and row.day >= today for row in coach.date_overrides)
