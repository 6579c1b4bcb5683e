import logging

from huey import crontab

from app.extensions import db, queue
from app.followups import emails
from app.followups.runs import SequenceRun
from app.people.models import Person

log = logging.getLogger(__name__)
# Looked through in one transaction: on SQLite nobody else writes meanwhile.
AT_ONCE = 500


@queue.task()
def send_due_steps() -> None:
    """Write every step that is due. Run twice, or by two workers at once, it still writes each one once."""
    while person_ids := SequenceRun.whose_turn(AT_ONCE):
        for person_id in _not_held_back(person_ids):
            if person := SequenceRun.turn_of(person_id):
                _write_to(person)
    db.session.rollback()


def _not_held_back(person_ids: list[int]) -> list[int]:
    """Those of these people who may be written to now; what is due of the others is put off. Commits."""
    try:
        free = SequenceRun.hold_back(person_ids)
        db.session.commit()
    except Exception:  # One of them may be to blame: what is said of each by itself puts off no other's letter.
        log.exception("what holds letters back could not be asked for many at once; asking for each")
        db.session.rollback()
        return person_ids
    return free


def _write_to(person: Person) -> None:
    """Write to `person` what has waited longest; the rest is held back from then on. Commits."""
    run = None
    try:
        for run in SequenceRun.due_of(person):
            if step := run.take_step():
                emails.step(run, step)
        db.session.commit()
    except Exception:
        if run is None:
            raise
        run_id = run.id
        log.exception("a step of run %s could not be written; trying again in an hour", run_id)
        db.session.rollback()
        SequenceRun.put_off(run_id)
        db.session.commit()


@queue.periodic_task(crontab())
def sweep_followups() -> None:
    """Find what came due since, and what a lost task left behind."""
    send_due_steps.call_local()


@queue.periodic_task(crontab(minute="41"))
def forget_old_steps() -> None:
    SequenceRun.forget_old_steps()
    db.session.commit()
