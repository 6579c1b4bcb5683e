"""What coaching holds of a person: the consultations they asked for."""

from typing import Any

from sqlalchemy import delete, select

from app.coaching import emails
from app.coaching.models import Consultation
from app.extensions import db
from app.people import records
from app.people.models import Person


def _export(person: Person) -> list[dict[str, Any]]:
    asked = select(Consultation).filter_by(person_id=person.id).order_by(Consultation.id)
    return [_told(consultation) for consultation in db.session.scalars(asked)]


def _told(consultation: Consultation) -> dict[str, Any]:
    """With the coach's private notes: they are about the person."""
    return records.row(
        consultation,
        kind=consultation.kind.title,
        coach=consultation.coach.name if consultation.coach else "",
        preferred_times=[records.row(time) for time in consultation.preferred_times],
        held_times=[records.row(time, coach=time.coach.name) for time in consultation.held_times],
    )


def _erase(person: Person) -> None:
    """Call off what is open, so that nobody waits for somebody who is gone, and delete all of it."""
    for consultation in Consultation.open_of(person, most=None):
        coach = consultation.asked_coach
        if consultation.cancel() and consultation.booked_at:
            emails.consultation_erased(consultation)
        emails.request_erased(consultation, coach)
    db.session.execute(delete(Consultation).where(Consultation.person_id == person.id))


records.register(
    "consultations",
    records.Part(
        "your consultations, with what you wrote and what the coach noted; those still open are called off, and the "
        "coach is told",
        _export,
        _erase,
        is_private=True,
    ),
)
