"""The hosted payment page at a session's url: works without script, and says that it is a test."""

import time
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.stripe_sandbox import cards, payments
from app.stripe_sandbox.buyers import ADDRESS, TAX_IDS, TEST_ADDRESS, Buyer, wants_address, wants_business_name
from app.stripe_sandbox.discounts import apply_code, remove_code
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.intents import receipt
from app.stripe_sandbox.recovery import recovered
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.sessions import retrieve_session
from app.stripe_sandbox.store import Object
from app.stripe_sandbox.tax import as_it_will_be


def add_payment_page(app: Flask, sandbox: Sandbox) -> None:
    bp = Blueprint("page", __name__)
    bp.add_app_template_filter(money)
    bp.register_error_handler(StripeError, not_found)

    @bp.get("/c/pay/<id>")
    def show_session(id: str) -> ResponseReturnValue:
        return _show(sandbox, retrieve_session(sandbox, {}, id))

    @bp.post("/c/pay/<id>")
    def pay(id: str) -> ResponseReturnValue:
        with sandbox.transaction():
            return _pay(sandbox, retrieve_session(sandbox, {}, id))

    @bp.post("/c/pay/<id>/code")
    def set_code(id: str) -> ResponseReturnValue:
        with sandbox.transaction():
            return _set_code(sandbox, retrieve_session(sandbox, {}, id))

    @bp.get("/c/recover/<token>")
    def recover(token: str) -> ResponseReturnValue:
        with sandbox.transaction():
            return redirect(recovered(sandbox, token)["url"], 303)

    @bp.get("/receipts/<id>")
    def show_receipt(id: str) -> ResponseReturnValue:
        return render_template("sandbox/receipt.html", charge=receipt(sandbox, id))

    _add_authentication(bp, sandbox)
    app.register_blueprint(bp)


def _add_authentication(bp: Blueprint, sandbox: Sandbox) -> None:
    """What the bank of a card that asks for 3D Secure shows."""

    @bp.get("/c/pay/<id>/authenticate")
    def show_authentication(id: str) -> ResponseReturnValue:
        session = retrieve_session(sandbox, {}, id)
        if session["status"] != "open" or "_challenge" not in session:
            return redirect(url_for("page.show_session", id=id), 303)
        return render_template("sandbox/authenticate.html", session=session)

    @bp.post("/c/pay/<id>/authenticate")
    def authenticate(id: str) -> ResponseReturnValue:
        with sandbox.transaction():
            return _authenticate(sandbox, retrieve_session(sandbox, {}, id))


def money(cents: int, currency: str) -> str:
    """1234, "usd" → $12.34; yen have no cents: https://docs.stripe.com/currencies#zero-decimal."""
    if cents < 0:
        return f"-{money(-cents, currency)}"
    if currency == "jpy":
        return f"¥{cents:,}"
    return f"${cents / 100:,.2f}" if currency == "usd" else f"{cents / 100:,.2f} {currency.upper()}"


def not_found(error: StripeError) -> ResponseReturnValue:
    return render_template("sandbox/closed.html", session=None, message=str(error)), error.status


def _show(sandbox: Sandbox, session: Object, message: str = "", status: int = 200) -> ResponseReturnValue:
    if session["status"] != "open":
        return render_template("sandbox/closed.html", session=session, return_url=_return_url(session))
    return render_template(
        "sandbox/pay.html",
        session=as_it_will_be(sandbox, session),
        email=known_email(sandbox, session),
        message=message,
        typed=request.form,
        cards=cards,
        address=TEST_ADDRESS if wants_address(session) else {},
        needs_all=session["billing_address_collection"] == "required",
        wants_business_name=wants_business_name(session),
        tax_ids=TAX_IDS if session["tax_id_collection"]["enabled"] else {},
    ), status


def _return_url(session: Object) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _set_code(sandbox: Sandbox, session: Object) -> ResponseReturnValue:
    """Apply the code typed, or take the one before off."""
    try:
        if session["status"] != "open" or "remove" in request.form:
            remove_code(session)
        else:
            apply_code(sandbox, session, request.form.get("code", ""))
    except StripeError as error:
        return _show(sandbox, session, str(error), error.status)
    return redirect(url_for("page.show_session", id=session["id"]), 303)


def _pay(sandbox: Sandbox, session: Object) -> ResponseReturnValue:
    if session["status"] == "complete":  # The button was pressed twice.
        return redirect(_return_url(session), 303)
    if session["status"] != "open":
        return _show(sandbox, session)
    card, buyer = cards.card(request.form.get("card", "")), _buyer(sandbox, session)
    if request.form.get("method") == "us_bank_account":
        return _pay_by_debit(sandbox, session, buyer)
    if session["amount_total"] and not _in_the_future(request.form.get("expiry", "")):
        return _show(sandbox, session, "Your card's expiration date is incomplete or in the past.", 402)
    if card.asks_for_3ds and session["amount_total"]:
        session["_challenge"] = {"card": card.number, "buyer": vars(buyer)}
        return redirect(url_for("page.show_authentication", id=session["id"]), 303)
    return _finish(sandbox, session, card, buyer)


def _finish(
    sandbox: Sandbox, session: Object, card: cards.Card, buyer: Buyer, authenticated: bool | None = None
) -> ResponseReturnValue:
    try:
        payments.pay_by_card(sandbox, session, card, buyer, authenticated)
    except StripeError as error:
        return _show(sandbox, session, str(error), error.status)
    return redirect(_return_url(session), 303)


def _pay_by_debit(sandbox: Sandbox, session: Object, buyer: Buyer) -> ResponseReturnValue:
    if not (account := cards.bank_account(request.form.get("account", ""))):
        return _show(sandbox, session, f"That is not a test account; {cards.GOOD_ACCOUNT} is one.", 402)
    try:
        payments.pay_by_debit(sandbox, session, account, buyer)
    except StripeError as error:
        return _show(sandbox, session, str(error), error.status)
    return redirect(_return_url(session), 303)


def _authenticate(sandbox: Sandbox, session: Object) -> ResponseReturnValue:
    if not (challenge := session.pop("_challenge", None)):
        return _show(sandbox, session)
    card, buyer = cards.card(challenge["card"]), Buyer(**challenge["buyer"])
    return _finish(sandbox, session, card, buyer, request.form.get("result") == "complete")


def _in_the_future(expiry: str) -> bool:
    """Whether MM / YY or MM / YYYY is this month or later; nothing typed will do."""
    month, _, year = expiry.replace(" ", "").partition("/")
    if not expiry.strip():
        return True
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12):
        return False
    today = time.gmtime()
    return (int(year) % 100, int(month)) >= (today.tm_year % 100, today.tm_mon)


def known_email(sandbox: Sandbox, session: Object) -> str | None:
    """The address the site gave, which the buyer cannot change here, as at Stripe."""
    customer = sandbox.store.by_id(session["customer"]) or {}
    return session["customer_email"] or customer.get("email")


def _buyer(sandbox: Sandbox, session: Object) -> Buyer:
    form: Any = request.form
    address = {name: form.get(name, "").strip() or None for name in ADDRESS} if wants_address(session) else None
    tax_id = {"type": form.get("tax_id_type", ""), "value": form.get("tax_id", "").strip()}
    return Buyer(
        email=known_email(sandbox, session) or form.get("email", "").strip(),
        name=form.get("name", "").strip() or None,
        phone=form.get("phone", "").strip() or None,
        promotions="promotions" in form,
        terms="terms" in form,
        address=address,
        business_name=form.get("business_name", "").strip() or None,
        tax_id=tax_id if tax_id["value"] else None,
    )
