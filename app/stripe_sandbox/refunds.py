"""Refunds, in full and in part: https://docs.stripe.com/api/refunds.

Since version 2024-10-28 `refund.created` and its kin are sent for every refund; `charge.refunded` still is as well.
"""

import time

from app.stripe_sandbox.balance import record
from app.stripe_sandbox.disputes import close_refunded_inquiries, refundable
from app.stripe_sandbox.errors import NotBuilt, ParameterError, StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, merged_metadata, metadata_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id, public

OFFERED = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})


def create_refund(sandbox: Sandbox, params: Params) -> Object:
    if missing := sorted(params.keys() - OFFERED):
        raise NotBuilt(f"`{missing[0]}` on refunds", missing[0])
    charge = _refundable(sandbox, params)
    refund = _add(sandbox, charge, _amount(sandbox, charge, params.get("amount")), params)
    _count(sandbox, charge, refund["amount"])
    emit(sandbox, "refund.created", refund)
    emit(sandbox, "charge.refunded", charge)
    close_refunded_inquiries(sandbox, charge)
    return refund


def _refundable(sandbox: Sandbox, params: Params) -> Object:
    if "payment_intent" not in params and "charge" not in params:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise ParameterError(message, "payment_intent", "parameter_missing")
    if "charge" in params:
        charge = sandbox.store.get("charge", params["charge"], "charge")
    else:
        intent = sandbox.store.get("payment_intent", params["payment_intent"], "payment_intent")
        charge = sandbox.store.by_id(intent["latest_charge"]) or {"paid": False}
    if not charge["paid"]:
        subject = params.get("payment_intent") or params["charge"]
        raise StripeError(f"This payment ({subject}) does not have a successful charge to refund.")
    if charge["refunded"]:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    return charge


def _amount(sandbox: Sandbox, charge: Object, wanted: int | None) -> int:
    left = refundable(sandbox, charge)
    if wanted is None:
        return left
    if wanted < 1:
        raise ParameterError("Invalid positive integer", "amount", "parameter_invalid_integer")
    if wanted > left:
        message = f"Refund amount ({_money(wanted)}) is greater than unrefunded amount on charge ({_money(left)})"
        raise StripeError(message, param="amount")
    return wanted


def _money(cents: int) -> str:
    return f"${cents / 100:.2f}"


def _add(sandbox: Sandbox, charge: Object, amount: int, params: Params) -> Object:
    """A card's refund succeeds at once, a bank's is pending for as long as a debit takes."""
    kind = charge["payment_method_details"]["type"]
    pending = kind == "us_bank_account"
    card = {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}}
    fields = {
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {"type": kind, **({} if pending else card)},
        "metadata": metadata_of(params),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "pending_reason": "processing" if pending else None,
        "reason": params.get("reason"),
        "status": "pending" if pending else "succeeded",
        "_settles_at": time.time() + sandbox.settings.debit_seconds,
    }
    refund = sandbox.store.add(sandbox.blank("refund", new_id("re"), **fields))
    refund["balance_transaction"] = record(sandbox, "refund", -amount, refund)["id"]
    return refund


def _count(sandbox: Sandbox, charge: Object, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def settle_refund(sandbox: Sandbox, id: str, status: str) -> Object:
    """The bank's answer to a refund: "succeeded" or "failed", which gives the money back to the balance."""
    if status not in ("succeeded", "failed"):
        raise StripeError("status must be succeeded or failed", param="status")
    refund = sandbox.store.get("refund", id)
    previous = {"status": refund["status"]}
    if refund["status"] == "failed":
        raise StripeError("A failed refund stays failed.")
    refund.update(status=status, pending_reason=None)
    if status == "failed":
        refund["failure_reason"] = "lost_or_stolen_card"
        given_back = record(sandbox, "refund_failure", refund["amount"], refund)
        refund["failure_balance_transaction"] = given_back["id"]
        _count(sandbox, sandbox.store.get("charge", refund["charge"]), -refund["amount"])
        emit(sandbox, "refund.failed", refund)
    emit(sandbox, "refund.updated", refund, previous)
    return refund


def settle_due_refunds(sandbox: Sandbox) -> None:
    for refund in list(sandbox.store.all("refund")):
        if refund["status"] == "pending" and refund["_settles_at"] <= time.time() + sandbox.ahead_seconds:
            settle_refund(sandbox, refund["id"], "succeeded")


def retrieve_refund(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("refund", id, "refund")


def update_refund(sandbox: Sandbox, params: Params, id: str) -> Object:
    refund = sandbox.store.get("refund", id, "refund")
    refund["metadata"] = merged_metadata(refund["metadata"], params)
    emit(sandbox, "refund.updated", public(refund))
    return refund


def list_refunds(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/refunds", sandbox.store.all("refund"), params)
