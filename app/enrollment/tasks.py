import logging

from huey import crontab
from sqlalchemy import select

from app.enrollment import stripe_gateway
from app.enrollment.fulfilment import look_into
from app.enrollment.models import Cohort
from app.enrollment.orders import Order
from app.enrollment.paying_back import send_refund
from app.enrollment.refunds import Refund
from app.enrollment.stripe_events import StripeEvent, act_upon
from app.extensions import db, queue
from app.publishing import content_changed

log = logging.getLogger(__name__)
ORDERS_A_MINUTE = 50


@queue.task()
def process_stripe_event(event_id: int) -> None:
    """Run twice, or at once, it does everything once: what it calls for looks at how things stand."""
    event = db.session.get_one(StripeEvent, event_id)
    kind, subject = event.type, event.subject
    db.session.commit()
    if event.processed_at:
        return
    try:
        act_upon(kind, subject)
    except Exception as problem:
        db.session.rollback()
        log.exception("event %s (%s) waits for another try", event.stripe_id, kind)
        db.session.get_one(StripeEvent, event_id, populate_existing=True).try_again_later(repr(problem))
    else:
        db.session.get_one(StripeEvent, event_id, populate_existing=True).mark_processed()
    db.session.commit()


@queue.periodic_task(crontab())
def sweep_orders() -> None:
    """Find what a lost task, a lost event or a dead process left behind."""
    events, refunds = StripeEvent.due(), Refund.due()
    db.session.commit()
    if not stripe_gateway.is_set_up():
        return
    for event_id in events:
        process_stripe_event.call_local(event_id)
    for refund_id in refunds:
        send_refund.call_local(refund_id)
    look_into_due_orders()


def look_into_due_orders() -> None:
    """Ask Stripe about the orders that were not heard of in time. One that cannot be cleared up holds up no other."""
    order_ids = Order.due_for_a_look(ORDERS_A_MINUTE)
    db.session.commit()
    for order_id in order_ids:
        try:
            look_into(order_id)
        except Exception:
            db.session.rollback()
            log.exception("order %s could not be looked into", order_id)
            Order.for_update(order_id).look_again()
            db.session.commit()


@queue.periodic_task(crontab(minute="5"))
def close_begun_cohorts() -> None:
    """On the day a cohort begins it can no longer be bought: pages that were stored before must not offer it."""
    cohorts = db.session.scalars(select(Cohort).where(Cohort.sales_open)).all()
    if any(cohort.begins_today for cohort in cohorts):
        content_changed()
    db.session.commit()
