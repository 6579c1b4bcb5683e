"""Coupons: what a promotion code stands for. https://docs.stripe.com/api/coupons."""

from app.stripe_sandbox.errors import NotBuilt, ParameterError, StripeError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, merged_metadata, metadata_of
from app.stripe_sandbox.products import checked_currency
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id


def create_coupon(sandbox: Sandbox, params: Params) -> Object:
    if "currency_options" in params:
        raise NotBuilt("currency_options", "currency_options")
    id = params.get("id") or new_id("", 8)[1:]
    if id in sandbox.store.objects.get("coupon", {}):
        raise StripeError("Coupon already exists.", code="resource_already_exists", param="id")
    _check_duration(params)
    for name in ("max_redemptions", "redeem_by"):
        if params.get(name, 1) < 1:
            raise ParameterError("Invalid positive integer", name, "parameter_invalid_integer")
    for product in (products := params.get("applies_to", {}).get("products", [])):
        sandbox.store.get("product", product, "applies_to[products]")
    fields = _value(params) | {
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "max_redemptions": params.get("max_redemptions"),
        "metadata": metadata_of(params),
        "name": params.get("name"),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
        "_applies_to": {"products": products} if products else None,
    }
    coupon = sandbox.store.add(sandbox.blank("coupon", id, **fields))
    emit(sandbox, "coupon.created", coupon)
    return coupon


def _check_duration(params: Params) -> None:
    if (params.get("duration") == "repeating") != ("duration_in_months" in params):
        raise ParameterError("`duration_in_months` goes with `duration` repeating.", "duration_in_months")


def _value(params: Params) -> Object:
    """What the coupon takes off: exactly one of a percentage and an amount with its currency."""
    if ("percent_off" in params) == ("amount_off" in params):
        message = "Must provide exactly one of `percent_off` and `amount_off`."
        raise ParameterError(message, "percent_off", "parameter_missing")
    if "percent_off" in params:
        percent = float(params["percent_off"])
        if not 0 < percent <= 100:
            raise ParameterError("Invalid percent_off: must be greater than 0 and at most 100.", "percent_off")
        return {"percent_off": percent}
    if params["amount_off"] < 1:
        raise ParameterError("Invalid positive integer", "amount_off", "parameter_invalid_integer")
    if "currency" not in params:
        message = "You must pass `currency` when passing `amount_off`."
        raise ParameterError(message, "currency", "parameter_missing")
    return {"amount_off": params["amount_off"], "currency": checked_currency(params["currency"], "currency")}


def current(sandbox: Sandbox, coupon: Object) -> Object:
    """The coupon, with `valid` as it is at this moment."""
    coupon["valid"] = not is_used_up(coupon) and not is_over(sandbox, coupon["redeem_by"])
    return coupon


def is_used_up(redeemed: Object) -> bool:
    """Of a coupon or a promotion code."""
    most: int | None = redeemed["max_redemptions"]
    return most is not None and redeemed["times_redeemed"] >= most


def is_over(sandbox: Sandbox, until: int | None) -> bool:
    return until is not None and until <= sandbox.now()


def retrieve_coupon(sandbox: Sandbox, params: Params, id: str) -> Object:
    return current(sandbox, sandbox.store.get("coupon", id, "coupon"))


def update_coupon(sandbox: Sandbox, params: Params, id: str) -> Object:
    """Only its name and metadata can change, as at Stripe."""
    coupon = retrieve_coupon(sandbox, {}, id)
    if "currency_options" in params:
        raise NotBuilt("currency_options", "currency_options")
    coupon.update(name=params.get("name", coupon["name"]), metadata=merged_metadata(coupon["metadata"], params))
    emit(sandbox, "coupon.updated", coupon)
    return coupon


def delete_coupon(sandbox: Sandbox, params: Params, id: str) -> Object:
    """Nobody redeems it from now on; a checkout it was applied to keeps it."""
    coupon = retrieve_coupon(sandbox, {}, id)
    del sandbox.store.objects["coupon"][id]
    emit(sandbox, "coupon.deleted", coupon)
    return {"id": id, "object": "coupon", "deleted": True}


def list_coupons(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/coupons", [current(sandbox, coupon) for coupon in sandbox.store.all("coupon")], params)
