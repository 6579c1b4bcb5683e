"""Disputes and inquiries: https://docs.stripe.com/disputes/how-disputes-work, https://docs.stripe.com/api/disputes.

A chargeback takes the money and a fee at once and gives the money back when it is won; an inquiry takes nothing, and
may become a chargeback.
"""

from stripe import Dispute

from app.stripe_sandbox.balance import record
from app.stripe_sandbox.errors import NotBuilt, StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, merged_metadata
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

REASONS = (
    *("bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated", "debit_not_authorized"),
    *("duplicate", "fraudulent", "general", "incorrect_account_details", "insufficient_funds", "noncompliant"),
    *("product_not_received", "product_unacceptable", "subscription_canceled", "unrecognized"),
)
ANSWERABLE = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
OPEN = frozenset(ANSWERABLE) | frozenset(ANSWERABLE.values())
OPEN_INQUIRIES = frozenset({"warning_needs_response", "warning_under_review"})
# One that was lost may be won all the same: on an appeal, or because the bank gives in.
ENDS = {"won": (OPEN - OPEN_INQUIRIES) | {"lost"}, "lost": OPEN - OPEN_INQUIRIES, "warning_closed": OPEN_INQUIRIES}
TIME_TO_ANSWER = 14 * 24 * 3600
FEE = 1500
# What https://docs.stripe.com/testing#disputes lets one answer to decide the outcome.
DECISIVE = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_dispute(
    sandbox: Sandbox, charge: Object, reason: str = "fraudulent", amount: int | None = None, inquiry: bool = False
) -> Object:
    """The buyer's bank takes the charge back, or with `inquiry` asks about it; `amount` is what was not refunded.

    Raises StripeError.
    """
    amount = _amount(sandbox, charge, amount)
    if reason not in REASONS:
        raise StripeError(f"reason must be one of {', '.join(REASONS)}", param="reason")
    fields = {
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": _no_evidence(charge),
        "evidence_details": {
            "due_by": sandbox.now() + TIME_TO_ANSWER,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": inquiry,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method(charge, inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    dispute = sandbox.store.add(sandbox.blank("dispute", new_id("du"), **fields))
    charge["disputed"] = True
    emit(sandbox, "charge.dispute.created", dispute)
    if not inquiry:
        _withdraw(sandbox, dispute)
    return dispute


def _amount(sandbox: Sandbox, charge: Object, wanted: int | None) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} was not paid, so nobody can dispute it.", param="payment")
    if any(held["status"] in OPEN for held in disputes_of(sandbox, charge["id"])):
        raise StripeError(f"Charge {charge['id']} is disputed already.", param="payment")
    if not 1 <= (amount := left if wanted is None else wanted) <= left:
        raise StripeError(f"amount must be from 1 to {left}", param="amount")
    return amount


def _no_evidence(charge: Object) -> Object:
    billing = charge["billing_details"]
    known = {"customer_email_address": billing["email"], "customer_name": billing["name"], "enhanced_evidence": {}}
    return dict.fromkeys(Dispute.Evidence.__annotations__) | known


def _method(charge: Object, inquiry: bool) -> Object | None:
    if not (card := charge["payment_method_details"].get("card")):
        return None
    case = {"case_type": "inquiry" if inquiry else "chargeback", "network_reason_code": None}
    return {"card": {"brand": card["brand"], "network": card["network"], **case}, "type": "card"}


def disputes_of(sandbox: Sandbox, charge_id: str) -> list[Object]:
    return [dispute for dispute in sandbox.store.all("dispute") if dispute["charge"] == charge_id]


def refundable(sandbox: Sandbox, charge: Object) -> int:
    """What of a charge has not gone back yet and is not with the payer's bank.

    Raises StripeError while a dispute is open, over a part of it too, and when the bank keeps it all: what is disputed
    cannot be refunded. https://support.stripe.com/questions/refund-a-customer
    """
    at_bank = [each for each in disputes_of(sandbox, charge["id"]) if each["status"] in ENDS["won"]]
    left: int = charge["amount"] - charge["amount_refunded"] - sum(each["amount"] for each in at_bank)
    if at_bank and (left <= 0 or any(each["status"] != "lost" for each in at_bank)):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(message, code="charge_disputed")
    return left


def close_refunded_inquiries(sandbox: Sandbox, charge: Object) -> None:
    """Giving everything back answers the bank's question."""
    for dispute in disputes_of(sandbox, charge["id"]):
        if charge["refunded"] and dispute["status"] in OPEN_INQUIRIES:
            end_dispute(sandbox, dispute, "warning_closed")


def _withdraw(sandbox: Sandbox, dispute: Object) -> None:
    taken = record(sandbox, "adjustment", -dispute["amount"], dispute, FEE, "dispute")
    dispute["balance_transactions"].append(taken)
    emit(sandbox, "charge.dispute.funds_withdrawn", dispute)


def escalate(sandbox: Sandbox, dispute: Object) -> Object:
    """An inquiry becomes a chargeback. Raises StripeError for any other."""
    if dispute["status"] not in OPEN_INQUIRIES:
        raise StripeError("Only an open inquiry can become a chargeback.", param="status")
    before = {"status": dispute["status"], "is_charge_refundable": True}
    dispute.update(status="needs_response", is_charge_refundable=False)
    if method := dispute["payment_method_details"]:
        method["card"]["case_type"] = "chargeback"
    emit(sandbox, "charge.dispute.updated", dispute, before)
    _withdraw(sandbox, dispute)
    return dispute


def end_dispute(sandbox: Sandbox, dispute: Object, status: str) -> Object:
    """The bank decides: "won" or "lost"; an inquiry ends as "warning_closed". Raises StripeError."""
    if dispute["status"] not in ENDS.get(status, frozenset()):
        raise StripeError(f"A dispute that is {dispute['status']} cannot become {status}.", param="status")
    kind = "charge.dispute.updated" if dispute["status"] == "lost" else "charge.dispute.closed"
    dispute.update(status=status, is_charge_refundable=status == "won")
    emit(sandbox, kind, dispute)
    if status == "won":
        given_back = record(sandbox, "adjustment", dispute["amount"], dispute, category="dispute_reversal")
        dispute["balance_transactions"].append(given_back)
        emit(sandbox, "charge.dispute.funds_reinstated", dispute)
    return dispute


def retrieve_dispute(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("dispute", id, "dispute")


def list_disputes(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/disputes", sandbox.store.all("dispute"), params)


def update_dispute(sandbox: Sandbox, params: Params, id: str) -> Object:
    """Keep the evidence given, and unless `submit` is false send it to the bank."""
    dispute = retrieve_dispute(sandbox, {}, id)
    dispute["metadata"] = merged_metadata(dispute["metadata"], params)
    if "evidence" not in params and not params.get("submit"):
        return dispute
    if dispute["status"] not in ANSWERABLE:
        raise StripeError("Evidence can only be submitted while a dispute needs a response.", param="evidence")
    evidence = params.get("evidence", {})
    if missing := evidence.keys() & {"appeal", "enhanced_evidence"}:
        raise NotBuilt(f"`{min(missing)}` as evidence", f"evidence[{min(missing)}]")
    dispute["evidence"] |= evidence
    dispute["evidence_details"]["has_evidence"] = True
    if params.get("submit", True):
        before = {"status": dispute["status"]}
        dispute["status"] = ANSWERABLE[dispute["status"]]
        dispute["evidence_details"].update(submission_count=1, submission_method="manual")
        emit(sandbox, "charge.dispute.updated", dispute, before)
        _decide_by(sandbox, dispute, dispute["evidence"]["uncategorized_text"])
    return dispute


def _decide_by(sandbox: Sandbox, dispute: Object, words: str | None) -> None:
    if outcome := DECISIVE.get(words or ""):
        end_dispute(sandbox, dispute, "warning_closed" if dispute["status"] in OPEN_INQUIRIES else outcome)


def close_dispute(sandbox: Sandbox, params: Params, id: str) -> Object:
    """Give in. It cannot be undone: https://docs.stripe.com/api/disputes/close."""
    dispute = retrieve_dispute(sandbox, {}, id)
    if dispute["status"] not in OPEN:
        raise StripeError("This dispute is already closed.", param="dispute")
    return end_dispute(sandbox, dispute, "warning_closed" if dispute["status"] in OPEN_INQUIRIES else "lost")
