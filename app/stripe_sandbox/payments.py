"""What a buyer does on the payment page, and what comes of it: session, intent, charge and events change together."""

import hashlib
import time

from app.stripe_sandbox.buyers import Buyer, check_buyer, consent_of, customer_details
from app.stripe_sandbox.cards import REFUSED_3DS, ROUTING_NUMBER, BankAccount, Card, Decline
from app.stripe_sandbox.customers import keep_customer
from app.stripe_sandbox.discounts import check_still_good, redeem
from app.stripe_sandbox.disputes import open_dispute
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.intents import cancel, charge, fail, intent_of, settle
from app.stripe_sandbox.invoices import make_invoice
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.sessions import check_open
from app.stripe_sandbox.store import Object
from app.stripe_sandbox.tax import add_tax

DEBIT_FAILURES = {
    "account_closed": "The customer's bank account has been closed.",
    "no_account": "The customer's bank account could not be located.",
    "insufficient_funds": "The customer's account has insufficient funds to cover this payment.",
}


class Declined(StripeError):
    """The buyer may try again."""

    def __init__(self, decline: Decline) -> None:
        details = {"code": decline.code, "decline_code": decline.decline_code}
        super().__init__(decline.message, status=402, type="card_error", **details)


def pay_by_card(sandbox: Sandbox, session: Object, card: Card, buyer: Buyer, authenticated: bool | None = None) -> None:
    """Completes the session, or raises Declined. A card that asks for 3-D Secure needs `authenticated`."""
    _check_payable(sandbox, session, buyer)
    if not session["amount_total"]:
        return _complete_for_nothing(sandbox, session, buyer)
    intent = intent_of(sandbox, session)
    if card.asks_for_3ds and not authenticated:
        return _refuse_authentication(sandbox, intent)
    method = {"type": "card", "card": _card_details(card, bool(authenticated))}
    made = charge(sandbox, intent, method, buyer.billing, status="pending")
    if card.decline:
        _decline(sandbox, intent, made, card.decline)
    settle(sandbox, intent, made)
    _complete(sandbox, session, buyer, "paid")
    if card.dispute:
        reason, inquiry = card.dispute
        open_dispute(sandbox, made, reason, inquiry=inquiry)


def _refuse_authentication(sandbox: Sandbox, intent: Object) -> None:
    fail(sandbox, intent, None, REFUSED_3DS.code, REFUSED_3DS.message, type="invalid_request_error")
    raise Declined(REFUSED_3DS)


def _decline(sandbox: Sandbox, intent: Object, made: Object, decline: Decline) -> None:
    fail(sandbox, intent, made, decline.code, decline.message, decline_code=decline.decline_code, type="card_error")
    raise Declined(decline)


def pay_by_debit(sandbox: Sandbox, session: Object, account: BankAccount, buyer: Buyer) -> None:
    """Completes the session unpaid; `settle_debit` follows by itself after the time a debit takes here."""
    _check_payable(sandbox, session, buyer)
    if not session["amount_total"]:
        return _complete_for_nothing(sandbox, session, buyer)
    if "us_bank_account" not in session["payment_method_types"]:
        raise StripeError("This session does not take bank debits.")
    intent = intent_of(sandbox, session)
    method = {"type": "us_bank_account", "us_bank_account": _bank_details(account)}
    made = charge(sandbox, intent, method, buyer.billing, status="pending")
    intent.update(status="processing", processing=None)
    intent["_settles_at"] = time.time() + sandbox.settings.debit_seconds
    intent["_failure"] = account.failure_code
    emit(sandbox, "payment_intent.processing", intent)
    emit(sandbox, "charge.pending", made)
    _complete(sandbox, session, buyer, "unpaid")


def settle_debit(sandbox: Sandbox, session: Object, succeeds: bool | None = None) -> Object:
    """The bank's answer: as the account number says, or as told. Raises StripeError when none is awaited."""
    intent = sandbox.store.by_id(session["payment_intent"])
    if not intent or intent["status"] != "processing":
        raise StripeError("No bank debit of this session is being processed.")
    failure = intent.pop("_failure", None)
    if succeeds is not None:
        failure = None if succeeds else failure or "insufficient_funds"
    made = sandbox.store.get("charge", intent["latest_charge"])
    if failure:
        fail(sandbox, intent, made, failure, DEBIT_FAILURES[failure], type="card_error")
        emit(sandbox, "checkout.session.async_payment_failed", session)
    else:
        settle(sandbox, intent, made)
        session["payment_status"] = "paid"
        _invoice_if_paid(sandbox, session)
        emit(sandbox, "checkout.session.async_payment_succeeded", session)
    return session


def settle_due_debits(sandbox: Sandbox) -> None:
    for session in list(sandbox.store.all("checkout.session")):
        if session["status"] != "complete" or session["payment_status"] != "unpaid":
            continue
        intent = sandbox.store.get("payment_intent", session["payment_intent"])
        if intent["status"] == "processing" and intent["_settles_at"] <= time.time() + sandbox.ahead_seconds:
            settle_debit(sandbox, session)


def _check_payable(sandbox: Sandbox, session: Object, buyer: Buyer) -> None:
    check_open(session, "paid")
    check_buyer(session, buyer)
    check_still_good(sandbox, session)
    add_tax(sandbox, session, (buyer.address or {}).get("country") or "US")


def _complete_for_nothing(sandbox: Sandbox, session: Object, buyer: Buyer) -> None:
    """Without a payment, even if one was tried before a code made it needless."""
    if intent := session["payment_intent"]:
        cancel(sandbox, sandbox.store.get("payment_intent", intent))
        session["payment_intent"] = None
    _complete(sandbox, session, buyer, "no_payment_required")


def _complete(sandbox: Sandbox, session: Object, buyer: Buyer, payment_status: str) -> None:
    session.update(status="complete", payment_status=payment_status, url=None)
    session["customer_details"] = details = customer_details(session, buyer)
    session["collected_information"] = {
        "business_name": details["business_name"],
        "individual_name": None,
        "shipping_details": None,
    }
    session["consent"] = consent_of(session, buyer)
    keep_customer(sandbox, session)
    redeem(sandbox, session)
    _invoice_if_paid(sandbox, session)
    emit(sandbox, "checkout.session.completed", session)


def _invoice_if_paid(sandbox: Sandbox, session: Object) -> None:
    if session["payment_status"] == "paid" and session["invoice_creation"]["enabled"]:
        make_invoice(sandbox, session)


def _card_details(card: Card, authenticated: bool) -> Object:
    proof = {"authentication_flow": "challenge", "result": "authenticated", "version": "2.2.0"}
    return {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": time.gmtime().tm_year + 2,
        "fingerprint": _fingerprint(card.number),
        "funding": "credit",
        "last4": card.number[-4:],
        "network": card.brand,
        "three_d_secure": proof if authenticated else None,
        "wallet": None,
    }


def _bank_details(account: BankAccount) -> Object:
    return {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "fingerprint": _fingerprint(account.number),
        "last4": account.number[-4:],
        "routing_number": ROUTING_NUMBER,
    }


def _fingerprint(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]
