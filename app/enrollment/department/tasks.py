import logging

from huey import crontab

from app.enrollment.department.reminding import due, remind
from app.extensions import db, queue

log = logging.getLogger(__name__)


# An hour at which it is day from Boston to Honolulu.
@queue.periodic_task(crontab(minute="37", hour="18"))
def remind_of_unclaimed_seats() -> None:
    """Each in a transaction of its own; one that fails keeps no other waiting, and is tried again the next day."""
    order_ids = due()
    db.session.commit()
    for order_id in order_ids:
        try:
            remind(order_id)
            db.session.commit()
        except Exception:
            log.exception("the buyer of order %s could not be reminded of unclaimed seats", order_id)
            db.session.rollback()
