import logging
import threading
from contextlib import suppress

from huey import crontab

from app.extensions import db, queue
from app.payments import stripe_gateway
from app.payments.fulfilment import look_into_what_is_due
from app.payments.refunds import Refund, pay_back
from app.payments.stripe_events import StripeEvent, act_upon
from app.payments.stripe_gateway import GatewayUnavailable

log = logging.getLogger(__name__)
_sweeping = threading.Lock()


@queue.task()
def process_stripe_event(event_id: int) -> None:
    """Run twice, or at once, it does everything once: what it calls for looks at how things stand."""
    with suppress(GatewayUnavailable):
        handle_event(event_id)


def handle_event(event_id: int) -> None:
    """Do what an event calls for, or keep it for another try. Commits. Raises GatewayUnavailable after that."""
    event = db.session.get_one(StripeEvent, event_id)
    db.session.commit()
    if event.processed_at:
        return
    try:
        act_upon(event.type, event.subject)
    except Exception as problem:
        db.session.rollback()
        log.exception("event %s (%s) waits for another try", event.stripe_id, event.type)
        db.session.get_one(StripeEvent, event_id, populate_existing=True).try_again_later(repr(problem))
        db.session.commit()
        if isinstance(problem, GatewayUnavailable):
            raise
    else:
        db.session.get_one(StripeEvent, event_id, populate_existing=True).mark_processed()
        db.session.commit()


@queue.periodic_task(crontab(minute="53"))
def forget_old_events() -> None:
    StripeEvent.forget_old()
    db.session.commit()


@queue.periodic_task(crontab())
def sweep_payments() -> None:
    """Find what a lost task, a lost event or a dead process left behind."""
    if not stripe_gateway.is_set_up():
        return
    # A slow Stripe makes a sweep longer than the minute between two; a second beside it would only take another thread
    # from the mail. Huey's own lock has no end on SQLite and PostgreSQL, and a killed worker would leave it for ever.
    if not _sweeping.acquire(blocking=False):
        return
    try:
        catch_up()
    except GatewayUnavailable as trouble:
        log.warning("the sweep ends early, for Stripe does not answer: %s", trouble)
    finally:
        _sweeping.release()


def catch_up() -> None:
    """Everything that is due. Raises GatewayUnavailable at the first call without an answer: each waits as long."""
    events, refunds = StripeEvent.due(), Refund.due()
    db.session.commit()
    for event_id in events:
        handle_event(event_id)
    for refund_id in refunds:
        pay_back(refund_id)
    look_into_what_is_due()
