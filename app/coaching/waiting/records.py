"""What the waiting list holds of a person: their places in line, and what they were offered."""

from typing import Any

from sqlalchemy import delete, select

from app.coaching.booking.reserved import ReservedTime
from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.offers import SlotOffer
from app.extensions import db
from app.people import records
from app.people.models import Person


def _export(person: Person) -> list[dict[str, Any]]:
    places = select(WaitingEntry).filter_by(person_id=person.id).order_by(WaitingEntry.id)
    return [
        records.row(entry, kind=entry.kind.title, offers=[records.row(offer) for offer in entry.offers])
        for entry in db.session.scalars(places)
    ]


def _erase(person: Person) -> None:
    """Delete all of it; what is held for them is free again."""
    theirs = select(WaitingEntry.id).filter_by(person_id=person.id)
    held = select(SlotOffer.reserved_time_id).where(SlotOffer.entry_id.in_(theirs), SlotOffer.unanswered())
    db.session.execute(delete(ReservedTime).where(ReservedTime.id.in_(held)))
    db.session.execute(delete(WaitingEntry).where(WaitingEntry.person_id == person.id))


records.register(
    "waiting_list",
    records.Part(
        "your places on the waiting list for a consultation, and the times you were offered",
        _export,
        _erase,
        is_private=True,
    ),
)
