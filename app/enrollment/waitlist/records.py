"""What the waiting lists hold of a person: their places in line. Its cohorts are locked with those of their orders."""

from typing import Any

from sqlalchemy import select

from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.people import records
from app.people.models import Person


def _entries(person: Person) -> list[WaitlistEntry]:
    places = select(WaitlistEntry).filter_by(person_id=person.id).order_by(WaitlistEntry.id)
    return list(db.session.scalars(places.execution_options(populate_existing=True)))


def _export(person: Person) -> list[dict[str, Any]]:
    return [records.row(entry, cohort=entry.cohort.name) for entry in _entries(person)]


def _erase(person: Person) -> None:
    """Delete all of it; what is held for them is free again."""
    for entry in _entries(person):
        entry.end("left")
        db.session.delete(entry)
    db.session.flush()


records.register(
    "course_waitlist",
    records.Part(
        "your places on the waiting list for a cohort, and the seats you were offered",
        _export,
        _erase,
        is_private=True,
    ),
)
