import logging

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db, enqueue_after_commit
from app.payments import stripe_gateway, tasks
from app.payments.reconciling import tasks as reconciling
from app.payments.stripe_events import StripeEvent
from app.payments.stripe_gateway import BadSignature
from app.publishing import cross_origin_exempt, knows_no_visitor

log = logging.getLogger(__name__)

# What is done hourly is known once this is imported.
__all__ = ["bp", "reconciling"]

bp = Blueprint("payments", __name__)


@bp.post("/stripe/webhook")
@csrf.exempt
@cross_origin_exempt
@knows_no_visitor
def receive_event() -> ResponseReturnValue:
    body = request.get_data(cache=False)
    try:
        event = stripe_gateway.verify_webhook(body, request.headers.get("Stripe-Signature"))
    except BadSignature as problem:
        log.warning("webhook refused: %s", problem)
        return {"error": str(problem)}, 400
    if row := StripeEvent.receive(event, body.decode()):
        enqueue_after_commit(tasks.process_stripe_event, row.id)
    db.session.commit()
    return {"received": True}
