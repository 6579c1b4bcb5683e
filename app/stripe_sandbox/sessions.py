"""Checkout Sessions: https://docs.stripe.com/api/checkout/sessions."""

from collections.abc import Iterable

from app.stripe_sandbox.discounts import apply_given
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.intents import cancel
from app.stripe_sandbox.invoices import invoice_creation
from app.stripe_sandbox.line_items import priced
from app.stripe_sandbox.lists import matches, page
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.pricing import price
from app.stripe_sandbox.recovery import offer_recovery
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.session_rules import LONGEST_LIFE, check_amount, check_currency, check_session, payment_methods
from app.stripe_sandbox.store import Object, new_id
from app.stripe_sandbox.tax import check_tax

# Taken over as given; null when they were not.
ECHOED = (
    *("allow_promotion_codes", "allowed_payment_method_types", "billing_address_collection", "branding_settings"),
    *("cancel_url", "client_reference_id", "customer", "customer_email", "excluded_payment_method_types"),
    *("integration_identifier", "locale", "mode", "name_collection", "submit_type", "success_url", "wallet_options"),
)


def create_session(sandbox: Sandbox, params: Params) -> Object:
    check_session(sandbox, params)
    check_tax(sandbox, params)
    items = priced(sandbox, params.get("line_items", []))
    currency = check_currency(params, items)
    session = sandbox.blank("checkout.session", new_id("cs_test", 58))
    session |= {name: params.get(name) for name in ECHOED}
    session |= _collected(params) | {
        "currency": currency,
        "customer_creation": params.get("customer_creation", "if_required"),
        "discounts": [],
        "expires_at": params.get("expires_at", sandbox.now() + LONGEST_LIFE),
        "metadata": metadata_of(params),
        "payment_method_collection": "if_required",
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": payment_methods(params, currency),
        "shipping_options": [],
        "status": "open",
        "ui_mode": "hosted_page",
        "url": sandbox.url(f"/c/pay/{session['id']}"),
        "_discount": None,
        "_customer_update": params.get("customer_update", {}),
        "_intent": params.get("payment_intent_data", {}),
        "_line_items": items,
        "_tax": None,
    }
    price(session)
    apply_given(sandbox, session, params.get("discounts") or [])
    check_amount(session["amount_total"], currency)
    return sandbox.store.add(session)


def _collected(params: Params) -> Object:
    """What the payment page asks, and how, with Stripe's defaults filled in."""
    taxed = params.get("automatic_tax", {}).get("enabled", False)
    return {
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": False}),
        "after_expiration": _after_expiration(params),
        "automatic_tax": {
            "enabled": taxed,
            "liability": {"type": "self"} if taxed else None,
            "provider": "stripe" if taxed else None,
            "status": "requires_location_inputs" if taxed else None,
        },
        "consent_collection": _consent_collection(params),
        "custom_fields": [],
        "invoice_creation": invoice_creation(params),
        "custom_text": {
            name: (params.get("custom_text", {}).get(name) or None)
            for name in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        },
        "phone_number_collection": params.get("phone_number_collection", {"enabled": False}),
        "tax_id_collection": {"enabled": False, "required": "never", **params.get("tax_id_collection", {})},
    }


def _consent_collection(params: Params) -> Object | None:
    if not (asked := params.get("consent_collection")):
        return None
    return {"payment_method_reuse_agreement": None, "promotions": "none", "terms_of_service": "none", **asked}


def _after_expiration(params: Params) -> Object | None:
    if not (recovery := params.get("after_expiration", {}).get("recovery")):
        return None
    return {"recovery": {"allow_promotion_codes": False, "expires_at": None, "url": None, **recovery}}


def retrieve_session(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("checkout.session", id, "session")


def list_sessions(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/checkout/sessions", sandbox.store.all("checkout.session"), params)


def list_line_items(sandbox: Sandbox, params: Params, id: str) -> Object:
    items = sandbox.store.get("checkout.session", id, "session")["_line_items"]
    return page(f"/v1/checkout/sessions/{id}/line_items", items, params)


def expire_session(sandbox: Sandbox, params: Params, id: str) -> Object:
    session = sandbox.store.get("checkout.session", id, "session")
    check_open(session, "expired")
    return expire(sandbox, session)


def check_open(session: Object, verb: str) -> None:
    """Raises Stripe's refusal unless the session is open."""
    if session["status"] != "open":
        message = f'Only Checkout Sessions with a status in ["open"] can be {verb}.'
        state = f"This Checkout Session has a status of `{session['status']}`."
        raise StripeError(f"{message} {state}", param="session")


def expire(sandbox: Sandbox, session: Object) -> Object:
    session.update(status="expired", url=None)
    offer_recovery(sandbox, session)
    if intent := session["payment_intent"]:
        cancel(sandbox, sandbox.store.get("payment_intent", intent))
    emit(sandbox, "checkout.session.expired", session)
    return session


def overdue(sandbox: Sandbox) -> Iterable[Object]:
    """Open sessions whose time is over."""
    found = {"status": "open", "expires_at": {"lte": sandbox.now()}}
    return [session for session in sandbox.store.all("checkout.session") if matches(session, found)]
