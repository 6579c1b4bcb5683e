"""Coupons and promotion codes on a session, given by the site or typed by the buyer.

https://docs.stripe.com/payments/checkout/discounts.
"""

from app.stripe_sandbox import coupons, promotion_codes
from app.stripe_sandbox.errors import ParameterError, StripeError
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.pricing import is_eligible, price
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.session_rules import check_amount
from app.stripe_sandbox.store import Object, copied, new_id


def apply_given(sandbox: Sandbox, session: Object, given: list[Params]) -> None:
    """The `discounts` of a new session: one coupon or one promotion code."""
    if len(given) > 1:
        raise ParameterError("You may only apply one discount to a Checkout Session.", "discounts")
    for discount in given:
        if ("coupon" in discount) == ("promotion_code" in discount):
            raise ParameterError("Give exactly one of `coupon` and `promotion_code`.", "discounts[0]")
        if "coupon" in discount:
            coupon, code = sandbox.store.get("coupon", discount["coupon"], "discounts[0][coupon]"), None
        else:
            place = "discounts[0][promotion_code]"
            code = sandbox.store.get("promotion_code", discount["promotion_code"], place)
            coupon = _coupon_of(sandbox, code)
        _apply(sandbox, session, coupon, code)


def apply_code(sandbox: Sandbox, session: Object, typed: str) -> None:
    """Raises StripeError, in words for the buyer, when the code does not fit; the session is then as before."""
    if not session["allow_promotion_codes"]:
        raise _refusal("This checkout takes no promotion codes.")
    if not (code := promotion_codes.by_code(sandbox, typed)):
        raise _refusal("This code is invalid.")
    _apply(sandbox, session, _coupon_of(sandbox, code), code)
    session["_discount"]["typed"] = True


def remove_code(session: Object) -> None:
    """Take back what the buyer typed; a discount that the site gave stays."""
    if session["_discount"] and session["_discount"]["typed"]:
        _remove(session)


def _remove(session: Object) -> None:
    session.update(_discount=None, discounts=[])
    price(session)


def check_still_good(sandbox: Sandbox, session: Object) -> None:
    """A code may end, or be used up by others, before the buyer pays. Raises StripeError, and takes it off."""
    if not (discount := session["_discount"]):
        return
    try:
        _check(sandbox, session, discount["coupon"], _stored(sandbox, "promotion_code", discount["promotion_code"]))
    except StripeError:
        _remove(session)
        raise


def redeem(sandbox: Sandbox, session: Object) -> None:
    """Count the use, when the session is complete."""
    if not (discount := session["_discount"]):
        return
    for kind, id in (("coupon", discount["coupon"]["id"]), ("promotion_code", discount["promotion_code"])):
        if redeemed := _stored(sandbox, kind, id):
            redeemed["times_redeemed"] += 1
    if code := _stored(sandbox, "promotion_code", discount["promotion_code"]):
        promotion_codes.current(sandbox, code)


def _apply(sandbox: Sandbox, session: Object, coupon: Object, code: Object | None) -> None:
    _check(sandbox, session, coupon, code)
    before = session["_discount"], session["discounts"]
    session["_discount"] = {
        "coupon": copied(coupon),
        "promotion_code": code and code["id"],
        "words": code["code"] if code else coupon["name"] or coupon["id"],
        "typed": False,
        "discount": _discount(sandbox, session, coupon, code),
    }
    session["discounts"] = [{"coupon": None if code else coupon["id"], "promotion_code": code and code["id"]}]
    price(session)
    try:
        check_amount(session["amount_total"], session["currency"])
    except StripeError:
        session["_discount"], session["discounts"] = before
        price(session)
        raise


def _discount(sandbox: Sandbox, session: Object, coupon: Object, code: Object | None) -> Object:
    return {
        **sandbox.blank("discount", new_id("di")),
        "checkout_session": session["id"],
        "customer": session["customer"],
        "promotion_code": code and code["id"],
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": sandbox.now(),
    }


def _check(sandbox: Sandbox, session: Object, coupon: Object, code: Object | None) -> None:
    """Raises StripeError unless this session may have this discount now."""
    held = _stored(sandbox, "coupon", coupon["id"])
    if code and not code["_switched_on"]:
        raise _refusal("This code is invalid.")
    if coupons.is_over(sandbox, coupon["redeem_by"]) or (code and coupons.is_over(sandbox, code["expires_at"])):
        raise _refusal("This code has expired.", "coupon_expired")
    if not held or coupons.is_used_up(held) or (code and coupons.is_used_up(code)):
        raise _refusal("This code can no longer be redeemed.", "coupon_expired")
    if coupon["currency"] not in (None, session["currency"]):
        raise _refusal("This code cannot be used in this currency.")
    if not any(is_eligible(item, {"coupon": coupon}) for item in session["_line_items"]):
        raise _refusal("This code does not apply to anything in this order.")
    if code:
        _check_restrictions(sandbox, session, code)


def _check_restrictions(sandbox: Sandbox, session: Object, code: Object) -> None:
    wanted, customer = code["restrictions"], session["customer"]
    if code["customer"] not in (None, customer):
        raise _refusal("This code is invalid.")
    least = wanted["minimum_amount"] or 0
    if least and wanted["minimum_amount_currency"] != session["currency"]:
        raise _refusal("This code cannot be used in this currency.")
    if session["amount_subtotal"] < least:
        raise _refusal(f"This code is for orders of {least / 100:,.2f} {session['currency'].upper()} or more.")
    if not wanted["first_time_transaction"]:
        return
    if not customer and session["customer_creation"] != "always":  # Guests are not known to be here for the first time.
        raise _refusal("This code is invalid.")
    paid = (charge for charge in sandbox.store.all("charge") if charge["paid"])
    if customer and any(charge["customer"] == customer for charge in paid):
        message = "This promotion code cannot be redeemed because the associated customer has prior transactions."
        raise _refusal(message)


def _refusal(words: str, code: str | None = None) -> StripeError:
    return StripeError(words, code=code, param="promotion_code")


def _coupon_of(sandbox: Sandbox, code: Object) -> Object:
    if coupon := _stored(sandbox, "coupon", code["promotion"]["coupon"]):
        return coupon
    raise _refusal("This code is invalid.")


def _stored(sandbox: Sandbox, kind: str, id: str | None) -> Object | None:
    return sandbox.store.objects.get(kind, {}).get(id or "")
