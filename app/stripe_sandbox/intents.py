"""PaymentIntents and the charges they make: https://docs.stripe.com/api/payment_intents, /api/charges."""

from typing import Any

from app.stripe_sandbox.balance import record
from app.stripe_sandbox.errors import missing_resource
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.expansion import expanded, refunds_of
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id


def intent_of(sandbox: Sandbox, session: Object) -> Object:
    """The session's PaymentIntent, made at the first attempt to pay and kept for the next ones."""
    if session["payment_intent"]:
        intent = sandbox.store.get("payment_intent", session["payment_intent"])
        intent["amount"] = session["amount_total"]  # A code or an address may have changed it since.
        return intent
    given = session["_intent"]
    fields = {
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "currency": session["currency"],
        "customer": session["customer"],
        "description": given.get("description"),
        "metadata": metadata_of(given),
        "payment_method_options": {},
        "payment_method_types": session["payment_method_types"],
        "receipt_email": given.get("receipt_email"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
    }
    blank = sandbox.blank("payment_intent", new_id("pi"), **fields)
    intent = sandbox.store.add(blank | {"client_secret": f"{blank['id']}_secret_{new_id('s')[2:]}"})
    session["payment_intent"] = intent["id"]
    emit(sandbox, "payment_intent.created", intent)
    return intent


def charge(sandbox: Sandbox, intent: Object, method: Object, buyer: Object, **outcome: Any) -> Object:
    """A charge in the state `outcome` says; `method` is its payment_method_details, `buyer` its billing_details."""
    fields = {
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": buyer,
        "captured": True,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "metadata": dict(intent["metadata"]),
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": new_id("pm"),
        "payment_method_details": method,
        "receipt_email": intent["receipt_email"],
        "refunded": False,
    }
    blank = sandbox.blank("charge", new_id("ch"), **(fields | outcome))
    made = sandbox.store.add(blank | {"receipt_url": sandbox.url(f"/receipts/{blank['id']}")})
    intent.update(latest_charge=made["id"], payment_method=made["payment_method"])
    return made


def settle(sandbox: Sandbox, intent: Object, paid_charge: Object) -> None:
    """The money is there."""
    outcome = {"network_status": "approved_by_network", "risk_level": "normal", "risk_score": 20, "type": "authorized"}
    amount = intent["amount"]
    paid_charge.update(status="succeeded", paid=True, amount_captured=amount)
    fee = 30 + amount * 29 // 1000
    paid_charge["balance_transaction"] = record(sandbox, "charge", amount, paid_charge, fee)["id"]
    paid_charge["outcome"] = outcome | {"seller_message": "Payment complete.", "reason": None}
    intent.update(status="succeeded", amount_received=amount, last_payment_error=None, next_action=None)
    emit(sandbox, "charge.succeeded", paid_charge)
    emit(sandbox, "payment_intent.succeeded", intent)


def fail(sandbox: Sandbox, intent: Object, failed_charge: Object | None, code: str, message: str, **more: Any) -> None:
    """The attempt failed; the intent waits for another."""
    if failed_charge:
        failed_charge.update(status="failed", paid=False, captured=False, failure_code=code, failure_message=message)
        emit(sandbox, "charge.failed", failed_charge)
    error = {"code": code, "message": message, "charge": failed_charge and failed_charge["id"], **more}
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = {name: value for name, value in error.items() if value is not None}
    emit(sandbox, "payment_intent.payment_failed", intent)


def cancel(sandbox: Sandbox, intent: Object) -> None:
    intent.update(status="canceled", canceled_at=sandbox.now(), cancellation_reason="automatic")
    emit(sandbox, "payment_intent.canceled", intent)


def retrieve_intent(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("payment_intent", id, "intent")


def list_intents(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/payment_intents", sandbox.store.all("payment_intent"), params)


def retrieve_charge(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("charge", id)


def list_charges(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/charges", sandbox.store.all("charge"), params)


def list_charge_refunds(sandbox: Sandbox, params: Params, id: str) -> Object:
    return page(f"/v1/charges/{sandbox.store.get('charge', id)['id']}/refunds", refunds_of(sandbox.store, id), params)


def receipt(sandbox: Sandbox, id: str) -> Object:
    """A charge that was paid, with what was refunded since."""
    found = sandbox.store.get("charge", id)
    if not found["paid"]:
        raise missing_resource("charge", id)
    return expanded(sandbox.store, found, ["refunds"])
