from huey import crontab

from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.offering import close_offers, offer_openings
from app.extensions import db, queue


@queue.task()
def look_for_openings() -> None:
    """Give what was not answered to the next, and offer what has opened. Two workers at once offer everything once."""
    close_offers()
    offer_openings()


@queue.periodic_task(crontab())
def sweep_waiting_list() -> None:
    """Whatever opened since, by a cancellation, new hours or a hold that lapsed, shows as a free time."""
    look_for_openings.call_local()


@queue.periodic_task(crontab(minute="47"))
def forget_old_entries() -> None:
    WaitingEntry.forget_old()
    db.session.commit()
