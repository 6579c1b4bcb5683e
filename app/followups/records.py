"""What follow-ups hold of a person: the sequences they are or were in."""

from typing import Any

from sqlalchemy import delete, select

from app.extensions import db
from app.followups.runs import PassedStep, SequenceRun
from app.people import records
from app.people.models import Person


def _export(person: Person) -> list[dict[str, Any]]:
    runs = select(SequenceRun).filter_by(person_id=person.id).order_by(SequenceRun.id)
    return [records.row(run, sequence=run.sequence.name, letters=_letters(run)) for run in db.session.scalars(runs)]


def _letters(run: SequenceRun) -> list[str]:
    """The steps that were written to the person."""
    return list(db.session.scalars(select(PassedStep.slug).filter_by(run_id=run.id).order_by(PassedStep.at)))


def _erase(person: Person) -> None:
    db.session.execute(delete(SequenceRun).where(SequenceRun.person_id == person.id))


records.register(
    "sequences", records.Part("the letters that follow a sign-up, a request or a purchase", _export, _erase)
)
