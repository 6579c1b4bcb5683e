"""What a session costs: its lines, less what a coupon takes off."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.stripe_sandbox.store import Object


def price(session: Object) -> None:
    """Work out the amounts of the session and its lines anew, from its lines and its discount."""
    items, discount = session["_line_items"], session["_discount"]
    for item, amount in zip(items, _discounts(items, discount), strict=True):
        item["amount_discount"] = amount
        item["amount_total"] = item["amount_subtotal"] - amount
        item["_discounts"] = [{"amount": amount, "discount": discount["discount"]}] if discount and amount else []
    off = _sum(items, "amount_discount")
    session["amount_subtotal"] = _sum(items, "amount_subtotal")
    session["amount_total"] = total = _sum(items, "amount_total")
    session["total_details"] = {
        "amount_discount": off,
        "amount_shipping": 0,
        "amount_tax": 0,
        "_breakdown": {
            "discounts": [{"amount": off, "discount": discount["discount"]}] if discount else [],
            "taxes": [],
        },
    }
    session["payment_status"] = "unpaid" if total else "no_payment_required"


def _sum(items: list[Object], name: str) -> int:
    return sum(item[name] for item in items)


def _discounts(items: list[Object], discount: Object | None) -> list[int]:
    """What is taken off each line."""
    weights = [item["amount_subtotal"] if discount and is_eligible(item, discount) else 0 for item in items]
    if not discount:
        return weights
    if percent := discount["coupon"]["percent_off"]:
        return shared(rounded(sum(weights) * Decimal(str(percent)) / 100), weights)
    return shared(min(discount["coupon"]["amount_off"], sum(weights)), weights)


def is_eligible(item: Object, discount: Object) -> bool:
    only = discount["coupon"]["_applies_to"]
    return not only or item["price"]["product"] in only["products"]


def rounded(amount: Decimal) -> int:
    """To the cent, half a cent up."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in parts as the weights stand to each other, which add up to it: the largest remainders get the rest."""
    if not (whole := sum(weights)):
        return [0 for _ in weights]
    parts = [amount * weight // whole for weight in weights]
    rest = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in rest[: amount - sum(parts)]:
        parts[place] += 1
    return parts
