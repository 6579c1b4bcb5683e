"""Starting and stopping sequences: the calls other slices make, in their own transaction."""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.clock import now
from app.extensions import db, enqueue_after_commit
from app.followups.merge import FIELDS
from app.followups.models import Sequence, SequenceRun
from app.followups.tasks import send_due_steps
from app.people.models import Person

log = logging.getLogger(__name__)


def start(name: str, person: Person, occasion: str = "", **values: str) -> SequenceRun | None:
    """Begin the sequence `name` for `person`, once per `occasion`: one that runs, ended or was stopped stays as it is.

    `values` are merge fields of this occasion, such as manage_url. None when the owner has removed the sequence.
    """
    if unknown := values.keys() - FIELDS:
        raise ValueError(f"no such merge fields: {', '.join(sorted(unknown))}")
    if (sequence := Sequence.named(name)) is None:
        log.error("no sequence is named %s: nothing will follow for person %s", name, person.id)
        return None
    run = SequenceRun.begin(sequence, person, occasion, values)
    enqueue_after_commit(send_due_steps)
    return run


def stop(name: str, person: Person, occasion: str | None = None, *, reason: str) -> None:
    """End the runs of sequence `name` for `person`: that of `occasion`, or of every occasion."""
    chosen: list[Any] = [SequenceRun.sequence_id.in_(select(Sequence.id).where(Sequence.name == name))]
    if occasion is not None:
        chosen.append(SequenceRun.occasion == occasion)
    _stop(person, reason, *chosen)


def stop_all(person: Person, reason: str, purposes: Collection[str] | None = None) -> None:
    """End every run of `person`, or those of sequences for some `purposes` only."""
    if purposes is None:
        return _stop(person, reason)
    return _stop(person, reason, SequenceRun.sequence_id.in_(select(Sequence.id).where(Sequence.purpose.in_(purposes))))


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


def _stop(person: Person, reason: str, *chosen: Any) -> None:
    Person.for_update(person.id)  # Before the runs, whatever the caller does to the person afterwards.
    db.session.execute(
        update(SequenceRun)
        .where(SequenceRun.person_id == person.id, SequenceRun.next_at.is_not(None), *chosen)
        .values(next_at=None, stopped_at=now(), stop_reason=reason[:80])
        .execution_options(synchronize_session="fetch")
    )
