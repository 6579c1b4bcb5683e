import logging
from datetime import timedelta

from huey import crontab

from app.coaching.availability import busy_times
from app.coaching.availability.models import Coach
from app.extensions import db, enqueue_after_commit, queue

log = logging.getLogger(__name__)
# Clicking twice looks once.
SHORTLY = timedelta(seconds=10)


def look_soon(coach: Coach) -> None:
    """Have a worker look at the coach's calendar once the caller's transaction is committed."""
    enqueue_after_commit(look_at_busy_feed, coach.id)


@queue.task()
def look_at_busy_feed(coach_id: int) -> None:
    busy_times.look(coach_id, unless_within=SHORTLY)


@queue.task()
def look_at_busy_feeds() -> None:
    """Look at each calendar whose turn it is. Run by two workers at once, it looks at each one once."""
    due = busy_times.coaches_due()
    db.session.commit()
    for coach_id in due:
        try:
            busy_times.look(coach_id)
        except Exception:  # One calendar keeps no other from being looked at; its turn comes again.
            log.exception("the calendar of coach %s could not be looked at", coach_id)
            db.session.rollback()


@queue.periodic_task(crontab())
def sweep_busy_feeds() -> None:
    look_at_busy_feeds()
