import logging

from huey import crontab

from app.extensions import db, queue
from app.followups import emails
from app.followups.models import SequenceRun

log = logging.getLogger(__name__)


@queue.task()
def send_due_steps() -> None:
    """Write every step that is due. Run twice, or by two workers at once, it still writes each one once."""
    while run := SequenceRun.next_due():
        run_id = run.id
        try:
            if step := run.take_step():
                emails.step(run, step)
            db.session.commit()
        except Exception:
            log.exception("a step of run %s could not be written; trying again in an hour", run_id)
            db.session.rollback()
            SequenceRun.put_off(run_id)
            db.session.commit()
    db.session.rollback()


@queue.periodic_task(crontab())
def sweep_followups() -> None:
    """Find what came due since, and what a lost task left behind."""
    send_due_steps.call_local()
