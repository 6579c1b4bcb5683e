"""Who comes back from Stripe's page is told how the payment stands, without waiting for Stripe's events."""

import logging
import re

from flask import request
from limits import RateLimitItemPerSecond

from app.extensions import limiter, write_on_get
from app.payments.fulfilment import fulfil
from app.payments.purchases import Purchase
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)
# Who loads the page again does not ask Stripe each time.
ASK_STRIPE_EVERY = RateLimitItemPerSecond(1, 5)
_SESSION_ID = re.compile(r"cs_[A-Za-z0-9_]{1,200}")


def named_session() -> str:
    """The Checkout Session that the address names; empty where it names nothing that could be one."""
    named = request.args.get("session_id", "")
    return named if _SESSION_ID.fullmatch(named) else ""


def catch_up(session_id: str) -> Purchase | None:
    """The purchase of this session, in line with it, as `fulfil` does.

    None, too, when Stripe does not answer, or was asked about it a moment ago; then the webhook will make it good.
    """
    if limiter.enabled and not limiter.limiter.hit(ASK_STRIPE_EVERY, "checkout:asked", session_id):
        return None
    write_on_get()
    try:
        return fulfil(session_id)
    except (GatewayUnavailable, GatewayRefused) as trouble:
        log.warning("the return page could not ask Stripe: %s", trouble)
        return None
