"""Telling Stripe to give back what the site owes."""

import logging
from contextlib import suppress

from app.enrollment import stripe_gateway
from app.enrollment.refunds import Refund
from app.enrollment.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.extensions import db, queue

log = logging.getLogger(__name__)


@queue.task()
def send_refund(refund_id: int) -> None:
    """Run twice, or at once, it gives back once: Stripe keeps one refund under the key, and none beyond the payment."""
    with suppress(GatewayUnavailable):
        pay_back(refund_id)


def pay_back(refund_id: int) -> None:
    """Send a refund, or keep it for another try. Commits. Raises GatewayUnavailable after that."""
    refund = db.session.get_one(Refund, refund_id)
    payment, reference, key = refund.stripe_payment_intent_id, refund.order.public_id, refund.idempotency_key
    db.session.commit()
    if refund.sent_at:
        return
    try:
        sent = stripe_gateway.refund_payment(payment, reference, key)
    except (GatewayUnavailable, GatewayRefused) as problem:
        Refund.for_update(refund_id).try_again_later(str(problem), getattr(problem, "key_spent", False))
        db.session.commit()
        log.error("refund %s waits: %s", refund_id, problem)
        if isinstance(problem, GatewayUnavailable):
            raise
    else:
        Refund.for_update(refund_id).mark_sent(sent)
        db.session.commit()
