"""Promotion codes, which buyers type: https://docs.stripe.com/api/promotion_codes."""

import re

from app.stripe_sandbox import coupons
from app.stripe_sandbox.errors import NotBuilt, ParameterError, StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, merged_metadata, metadata_of
from app.stripe_sandbox.products import checked_currency
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

LIMITS = frozenset({"active", "customer", "expires_at", "max_redemptions", "restrictions"})
LETTERS = re.compile(r"[A-Za-z0-9-]{1,500}")


def create_promotion_code(sandbox: Sandbox, params: Params) -> Object:
    if "customer_account" in params:
        raise NotBuilt("`customer_account` on promotion codes", "customer_account")
    if "customer" in params:
        sandbox.store.get("customer", params["customer"], "customer")
    coupon = _coupon(sandbox, params["promotion"])
    _check_limits(sandbox, params, coupon)
    fields = {
        "code": _code(sandbox, params),
        "customer": params.get("customer"),
        "expires_at": params.get("expires_at"),
        "max_redemptions": params.get("max_redemptions"),
        "metadata": metadata_of(params),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": _restrictions(params.get("restrictions", {})),
        "times_redeemed": 0,
        "_switched_on": params.get("active", True),
    }
    code = current(sandbox, sandbox.store.add(sandbox.blank("promotion_code", new_id("promo"), **fields)))
    emit(sandbox, "promotion_code.created", code)
    return code


def _coupon(sandbox: Sandbox, promotion: Params) -> Object:
    if "coupon" not in promotion:
        raise ParameterError("Missing required param: promotion[coupon].", "promotion[coupon]", "parameter_missing")
    coupon = coupons.current(sandbox, sandbox.store.get("coupon", promotion["coupon"], "promotion[coupon]"))
    if not coupon["valid"]:
        raise StripeError(f"Coupon expired: {coupon['id']}", code="coupon_expired", param="promotion[coupon]")
    return coupon


def _code(sandbox: Sandbox, params: Params) -> str:
    code: str = params.get("code") or new_id("", 8)[1:].upper()
    if not LETTERS.fullmatch(code):
        raise ParameterError("Promotion codes may only contain letters, digits and dashes.", "code")
    if params.get("active", True) and any(held["active"] for held in _called(sandbox, code)):
        raise StripeError(f"An active promotion code with `code: {code}` already exists.", param="code")
    return code


def _check_limits(sandbox: Sandbox, params: Params, coupon: Object) -> None:
    if (expires_at := params.get("expires_at")) is not None:
        if expires_at <= sandbox.now():
            raise ParameterError("`expires_at` must be in the future.", "expires_at")
        if coupon["redeem_by"] and expires_at > coupon["redeem_by"]:
            raise ParameterError("`expires_at` cannot be after the coupon's `redeem_by`.", "expires_at")
    if (most := params.get("max_redemptions")) is not None:
        if most < 1:
            raise ParameterError("Invalid positive integer", "max_redemptions", "parameter_invalid_integer")
        if coupon["max_redemptions"] and most > coupon["max_redemptions"]:
            message = "`max_redemptions` cannot be greater than the coupon's `max_redemptions`."
            raise ParameterError(message, "max_redemptions")


def _restrictions(given: Params) -> Object:
    if "currency_options" in given:
        raise NotBuilt("currency_options", "restrictions[currency_options]")
    if ("minimum_amount" in given) != ("minimum_amount_currency" in given):
        message = "`minimum_amount` and `minimum_amount_currency` must be given together."
        raise ParameterError(message, "restrictions[minimum_amount]", "parameter_missing")
    if given.get("minimum_amount", 1) < 1:
        raise ParameterError("Invalid positive integer", "restrictions[minimum_amount]", "parameter_invalid_integer")
    currency = given.get("minimum_amount_currency")
    return {
        "first_time_transaction": given.get("first_time_transaction", False),
        "minimum_amount": given.get("minimum_amount"),
        "minimum_amount_currency": currency and checked_currency(currency, "restrictions[minimum_amount_currency]"),
    }


def current(sandbox: Sandbox, code: Object) -> Object:
    """The code, with `active` as it is at this moment: switched on, not over, not used up, its coupon valid."""
    coupon = sandbox.store.objects.get("coupon", {}).get(code["promotion"]["coupon"])
    valid = coupon is not None and coupons.current(sandbox, coupon)["valid"]
    over = coupons.is_over(sandbox, code["expires_at"]) or coupons.is_used_up(code)
    code["active"] = code["_switched_on"] and valid and not over
    return code


def _called(sandbox: Sandbox, typed: str) -> list[Object]:
    codes = sandbox.store.all("promotion_code")
    return [current(sandbox, code) for code in codes if code["code"].casefold() == typed.casefold()]


def by_code(sandbox: Sandbox, typed: str) -> Object | None:
    """The code a buyer means, whatever its case; an active one before one that is not."""
    return next(iter(sorted(_called(sandbox, typed.strip()), key=lambda code: not code["active"])), None)


def retrieve_promotion_code(sandbox: Sandbox, params: Params, id: str) -> Object:
    return current(sandbox, sandbox.store.get("promotion_code", id, "promotion_code"))


def update_promotion_code(sandbox: Sandbox, params: Params, id: str) -> Object:
    code = retrieve_promotion_code(sandbox, {}, id)
    if "restrictions" in params:
        raise NotBuilt("`restrictions` in a promotion code's update", "restrictions")
    code["metadata"] = merged_metadata(code["metadata"], params)
    code["_switched_on"] = params.get("active", code["_switched_on"])
    if params.get("active") and not current(sandbox, code)["active"]:
        code["_switched_on"] = False
        raise StripeError("This promotion code cannot be reactivated: it or its coupon is over.", param="active")
    emit(sandbox, "promotion_code.updated", current(sandbox, code))
    return code


def list_promotion_codes(sandbox: Sandbox, params: Params) -> Object:
    typed, coupon = params.pop("code", None), params.pop("coupon", None)
    codes = [current(sandbox, code) for code in sandbox.store.all("promotion_code")]

    def keep(code: Object) -> bool:
        named = typed is None or code["code"].casefold() == typed.casefold()
        return named and coupon in (None, code["promotion"]["coupon"])

    return page("/v1/promotion_codes", codes, params, keep)
