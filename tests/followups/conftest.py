import pytest

from app import followups
from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep
from app.followups.models import TAG
from app.people.models import Person


def sequence_of(name: str, *steps: dict, purpose: str = "newsletter", **columns) -> Sequence:
    """A sequence that starts on a tag of its own name. Steps are numbered from 1 and named by their slug."""
    columns = {"starts_on": TAG, "start_tag": name} | columns
    sequence = Sequence(name=name, title=name.title(), purpose=purpose, **columns)
    for position, given in enumerate(steps, start=1):
        usual = {"subject": f"Letter {given['slug']}", "preview": "", "delay_hours": 0, "body": "Hello."}
        sequence.steps.append(SequenceStep(position=position, **usual | given))
    db.session.add(sequence)
    db.session.commit()
    return sequence


def begin(person: Person, name: str = "welcome", occasion: str = "", **values: str) -> SequenceRun | None:
    """What starts the sequence of sequence_of has happened; the run."""
    followups.happened(TAG, person, occasion, tag=name, **values)
    db.session.commit()
    sequence = Sequence.named(name)
    return sequence and db.session.scalar(
        db.select(SequenceRun).filter_by(sequence=sequence, person=person, occasion=occasion)
    )


@pytest.fixture
def ada(app):
    person = Person.at("ada@example.org")
    person.name = "Ada Lovelace"
    db.session.commit()
    return person


@pytest.fixture
def welcome(app):
    """Three letters: at once, a day later, two days after that."""
    return sequence_of(
        "welcome",
        {"slug": "one"},
        {"slug": "two", "delay_hours": 24},
        {"slug": "three", "delay_hours": 48},
    )
