"""What happens elsewhere and starts or stops sequences: the calls other rooms make, in their own transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from app.clock import now
from app.extensions import db, enqueue_after_commit
from app.followups.merge import FIELDS
from app.followups.models import STARTS, Sequence
from app.followups.runs import PassedStep, SequenceRun
from app.followups.tasks import send_due_steps
from app.people.models import Person


def happened(event: str, person: Person, occasion: str = "", *, tag: str = "", **values: str) -> None:
    """Stop the sequences of `person` that stop on `event`, one of STARTS, and begin those that start on it.

    A sequence begins once per `occasion`: a run for it that is under way, ended or was stopped stays as it is.
    `tag` names which one, when the event is TAG. `values` are merge fields of this occasion, such as manage_url.
    """
    if event not in STARTS:
        raise ValueError(f"nothing starts on {event!r}")
    if unknown := values.keys() - FIELDS:
        raise ValueError(f"no such merge fields: {', '.join(sorted(unknown))}")
    db.session.flush()  # A person made a moment ago has no id yet.
    Person.for_update(person.id)  # Before the runs, whatever the caller does to the person afterwards.
    _stop_on(event, person)
    for sequence in Sequence.started_by(event, tag):
        SequenceRun.begin(sequence, person, occasion, values)
        enqueue_after_commit(send_due_steps)


def stop_on(event: str, person: Person) -> None:
    """End what stops on `event`, which happened for others and begins nothing for `person`."""
    Person.for_update(person.id)
    _stop_on(event, person)


def call_off(person: Person, occasion: str, reason: str) -> None:
    """End whatever follows an `occasion` that is no more, such as an order that was refunded."""
    Person.for_update(person.id)
    _stop(person, reason, SequenceRun.occasion == occasion)


def retell(person: Person, occasion: str, **values: str) -> None:
    """Have what still follows an `occasion` say `values` of it, because it has changed."""
    Person.for_update(person.id)
    still_follows = select(SequenceRun).filter_by(person_id=person.id, occasion=occasion)
    for run in db.session.scalars(still_follows.where(SequenceRun.next_at.is_not(None))):
        run.values = run.values | values


def take_back(event: str, person: Person, occasion: str, reason: str) -> None:
    """End what `event` began for an `occasion`, because it did not happen after all.

    What has written nothing yet is as if it had never begun, and begins when the event does happen.
    """
    Person.for_update(person.id)
    of_event = SequenceRun.sequence_id.in_(select(Sequence.id).where(Sequence.starts_on == event))
    unwritten = ~select(PassedStep.run_id).where(PassedStep.run_id == SequenceRun.id).exists()
    mine = (SequenceRun.person_id == person.id, SequenceRun.occasion == occasion, of_event)
    db.session.execute(delete(SequenceRun).where(*mine, unwritten).execution_options(synchronize_session="fetch"))
    _stop(person, reason, *mine[1:])


def stop_all(person: Person, reason: str) -> None:
    """End every run of `person`."""
    Person.for_update(person.id)
    _stop(person, reason)


def let_go(person: Person, purpose: str, held_until: datetime) -> None:
    """Make due at once what of `person` was put off until just then, because what held it has ended early."""
    of_purpose = SequenceRun.sequence_id.in_(select(Sequence.id).where(Sequence.purpose == purpose))
    Person.for_update(person.id)
    db.session.execute(
        update(SequenceRun)
        .where(SequenceRun.person_id == person.id, SequenceRun.next_at == held_until, of_purpose)
        .values(next_at=now())
        .execution_options(synchronize_session="fetch")
    )


def _stop_on(event: str, person: Person) -> None:
    if stopped := Sequence.stopped_by(event):
        _stop(person, event, SequenceRun.sequence_id.in_(stopped))


def _stop(person: Person, reason: str, *chosen: Any) -> None:
    db.session.execute(
        update(SequenceRun)
        .where(SequenceRun.person_id == person.id, SequenceRun.next_at.is_not(None), *chosen)
        .values(next_at=None, stopped_at=now(), stop_reason=reason[:80])
        .execution_options(synchronize_session="fetch")
    )
