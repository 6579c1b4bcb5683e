import pytest

from app.extensions import db
from app.followups import Sequence, SequenceStep
from app.people.models import Person


def sequence_of(name: str, *steps: dict, purpose: str = "newsletter") -> Sequence:
    """A sequence in the database; steps are numbered from 1 and named by their slug."""
    sequence = Sequence(name=name, title=name.title(), purpose=purpose)
    for position, given in enumerate(steps, start=1):
        usual = {"subject": f"Letter {given['slug']}", "preview": "", "delay_hours": 0, "body": "Hello."}
        sequence.steps.append(SequenceStep(position=position, **usual | given))
    db.session.add(sequence)
    db.session.commit()
    return sequence


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
