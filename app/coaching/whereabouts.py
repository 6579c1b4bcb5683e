"""Where a coach talks, and is written to: what stands booked is told anew to all whom a change of it concerns."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from app.clock import now
from app.coaching import emails
from app.coaching.availability.models import Coach
from app.coaching.models import Consultation
from app.extensions import db


class Whereabouts(NamedTuple):
    location: str
    address: str

    @classmethod
    def of(cls, coach: Coach) -> "Whereabouts":
        return cls(coach.location, coach.address)


def lock_booked(*coach_ids: int) -> None:
    """Lock what stands booked with the coaches. This comes before a coach is locked, as for everybody else."""
    booked = select(Consultation.id).where(*_stands(*coach_ids)).order_by(Consultation.person_id, Consultation.id)
    for consultation_id in db.session.scalars(booked).all():
        Consultation.for_update(consultation_id)


def tell_of_change(coach: Coach, before: Whereabouts) -> int:
    """Write to the coach, and where the place is another one to the persons too, with new entries for their calendars.

    Returns how many consultations that is about. Lock them first, and then the coach.
    """
    if (after := Whereabouts.of(coach)) == before:
        return 0
    booked = db.session.scalars(select(Consultation).where(*_stands(coach.id)).order_by(Consultation.starts_at)).all()
    for consultation in booked:
        consultation.calendar_sequence += 1
        if after.location != before.location:
            emails.consultation_elsewhere(consultation)
        if after.address != before.address:
            emails.booking_not_told_here(consultation, before.address)
        emails.booking_elsewhere(consultation)
    return len(booked)


def _stands(*coach_ids: int) -> list[ColumnElement[bool]]:
    open_ = Consultation.cancelled_at.is_(None), Consultation.completed_at.is_(None), Consultation.no_show_at.is_(None)
    return [
        Consultation.coach_id.in_(coach_ids),
        Consultation.booked_at.is_not(None),
        Consultation.starts_at > now(),
        *open_,
    ]
