"""Events as Stripe would send and sign them."""

import json
import time

import stripe as stripe_library

from app.stripe_sandbox.server import WEBHOOK_SECRET


def signed(body: str, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    moment = int(at or time.time())
    return stripe_library.WebhookSignature.generate_signature_header(body, secret, moment)


def an_event(session: str, **changes: object) -> str:
    subject = {"id": session, "object": "checkout.session", "payment_status": "paid"}
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": False}
    return json.dumps(event | {"data": {"object": subject}} | changes)
