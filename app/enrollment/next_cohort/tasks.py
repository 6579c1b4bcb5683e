import logging

from huey import crontab

from app.clock import now
from app.enrollment.next_cohort.offering import AlreadyChosen, decline, lapsed
from app.enrollment.orders import Order
from app.extensions import db, queue

log = logging.getLogger(__name__)


@queue.periodic_task(crontab())
def give_back_what_was_not_chosen() -> None:
    """Who did not choose in time has the payment back. Two workers at once do it once."""
    due = lapsed(now())
    db.session.commit()
    for order_id in due:
        try:
            decline(Order.for_update(order_id), "lapsed")
            db.session.commit()
        except AlreadyChosen:
            db.session.rollback()
        except Exception:
            log.exception("order %s could not be given back", order_id)
            db.session.rollback()
