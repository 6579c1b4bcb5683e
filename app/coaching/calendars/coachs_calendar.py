"""All consultations of a coach as a calendar to subscribe to, at a secret address that can be changed."""

from datetime import timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import calendar_file, tokens
from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.booking.reserved import ReservedTime
from app.coaching.calendars import entries
from app.coaching.models import Consultation
from app.extensions import db
from app.urls import absolute_url

PURPOSE = "coachs-calendar"
GOES_BACK = timedelta(days=30)


def address_of(coach: Coach) -> str:
    """Where the coach's calendar is; whoever knows it can read it. Another `calendar_number` makes another address."""
    token = tokens.sign_shared(PURPOSE, [coach.id, coach.calendar_number])
    return absolute_url("coaching.show_coachs_calendar", token=token)


def coach_at(token: str) -> Coach | None:
    """The coach whose calendar is at the address with this token."""
    try:
        coach_id, number = tokens.read_shared(PURPOSE, token)
    except tokens.InvalidToken:
        return None
    return db.session.scalar(select(Coach).filter_by(id=coach_id, calendar_number=number))


class CoachsCalendar:
    """What is booked, from a month ago on, and what is held. What was cancelled is not in it any more."""

    def __init__(self, coach: Coach) -> None:
        self._name = f"Consultations: {coach.name}"
        self._entries = [
            *(entries.of_coach(consultation) for consultation in _booked(coach)),
            *(entries.held(reserved) for reserved in _held(coach)),
        ]

    @property
    def etag(self) -> str:
        """The same as long as nothing in it changes but the time at which it is asked for."""
        lasting = [entry._replace(stamped_at=entry.starts_at) for entry in self._entries]
        return sha256(repr((self._name, lasting)).encode()).hexdigest()[:32]

    @property
    def file(self) -> str:
        return calendar_file.feed(self._entries, self._name)


def _booked(coach: Coach) -> list[Consultation]:
    stands = Consultation.booked_at.is_not(None), Consultation.cancelled_at.is_(None)
    chosen = select(Consultation).where(
        Consultation.coach_id == coach.id, Consultation.starts_at > now() - GOES_BACK, *stands
    )
    return list(db.session.scalars(chosen.order_by(Consultation.starts_at).options(joinedload(Consultation.kind))))


def _held(coach: Coach) -> list[ReservedTime]:
    chosen = select(ReservedTime).where(ReservedTime.coach_id == coach.id, ReservedTime.held_until > now())
    whose = joinedload(ReservedTime.consultation).joinedload(Consultation.kind)
    return list(db.session.scalars(chosen.order_by(ReservedTime.starts_at).options(whose)))
