from huey import crontab

from app.enrollment.cohorts import Cohort, seats_freed
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.serving import close_lines, end_lapsed, end_served, offer_seats
from app.extensions import db, enqueue_after_commit, queue


@queue.task()
def serve_waitlists() -> None:
    """Do all that is due. Two workers at once do it once."""
    end_served()
    end_lapsed()
    close_lines()
    offer_seats()


@queue.periodic_task(crontab())
def sweep_waitlists() -> None:
    """Whatever came free since; the end of an offer and of a cohort's sales comes by itself."""
    serve_waitlists.call_local()


@queue.periodic_task(crontab(minute="49"))
def forget_old_entries() -> None:
    WaitlistEntry.forget_old()
    db.session.commit()


@seats_freed.connect
def _serve_soon(cohort: Cohort) -> None:
    enqueue_after_commit(serve_waitlists)
