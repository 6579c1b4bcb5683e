"""Links that bring an expired checkout back: https://docs.stripe.com/payments/checkout/abandoned-carts."""

from app.stripe_sandbox.discounts import remove_code
from app.stripe_sandbox.errors import missing_resource
from app.stripe_sandbox.pricing import price
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.session_rules import LONGEST_LIFE
from app.stripe_sandbox.store import Object, copied, new_id

LINK_SECONDS = 30 * 24 * 3600


def offer_recovery(sandbox: Sandbox, session: Object) -> None:
    """Give an expired session its link, when it was made with recovery."""
    recovery = (session["after_expiration"] or {}).get("recovery") or {}
    if recovery.get("enabled"):
        session["_recovery"] = token = new_id("recover", 40)
        recovery.update(url=sandbox.url(f"/c/recover/{token}"), expires_at=sandbox.now() + LINK_SECONDS)


def recovered(sandbox: Sandbox, token: str) -> Object:
    """A new session like the expired one of that link, at the same prices, before any code the buyer typed.

    Raises StripeError (404) for a bad link.
    """
    for session in sandbox.store.all("checkout.session"):
        if session.get("_recovery") == token and not _is_over(sandbox, session):
            return _copy(sandbox, session)
    raise missing_resource("recovery link", token)


def _is_over(sandbox: Sandbox, session: Object) -> bool:
    until: int = session["after_expiration"]["recovery"]["expires_at"]
    return until <= sandbox.now()


def _copy(sandbox: Sandbox, expired: Object) -> Object:
    session = copied(expired)
    for name in ("_recovery", "_challenge"):
        session.pop(name, None)
    session["after_expiration"]["recovery"].update(url=None, expires_at=None)
    session.update(id=(id := new_id("cs_test", 58)), url=sandbox.url(f"/c/pay/{id}"), recovered_from=expired["id"])
    session.update(created=sandbox.now(), expires_at=sandbox.now() + LONGEST_LIFE)
    session.update(status="open", payment_intent=None)
    for item in session["_line_items"]:
        item["id"] = new_id("li")
    session["_tax"] = None
    if session["automatic_tax"]["enabled"]:
        session["automatic_tax"]["status"] = "requires_location_inputs"
    session["allow_promotion_codes"] = session["after_expiration"]["recovery"]["allow_promotion_codes"]
    remove_code(session)
    price(session)
    return sandbox.store.add(session)
