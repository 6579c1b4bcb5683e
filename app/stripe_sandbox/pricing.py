"""What a session costs: its lines, less what a coupon takes off, and the tax on what is left."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.stripe_sandbox.store import Object


def price(session: Object) -> None:
    """Work out the amounts of the session and its lines anew, from its lines, its discount and its tax."""
    items, discount = session["_line_items"], session["_discount"]
    for item, amount in zip(items, _discounts(items, discount), strict=True):
        item["amount_discount"] = amount
        item["_discounts"] = [{"amount": amount, "discount": discount["discount"]}] if discount and amount else []
        _add_tax(item, session["_tax"])
    off = _sum(items, "amount_discount")
    session["amount_subtotal"] = _sum(items, "amount_subtotal")
    session["amount_total"] = total = _sum(items, "amount_total")
    session["total_details"] = {
        "amount_discount": off,
        "amount_shipping": 0,
        "amount_tax": _sum(items, "amount_tax"),
        "_breakdown": {
            "discounts": [{"amount": off, "discount": discount["discount"]}] if discount else [],
            "taxes": _by_rate(items),
        },
    }
    session["payment_status"] = "unpaid" if total else "no_payment_required"


def _sum(items: list[Object], name: str) -> int:
    return sum(item[name] for item in items)


def _add_tax(item: Object, tax: Object | None) -> None:
    left = item["amount_subtotal"] - item["amount_discount"]
    item.update(amount_tax=0, amount_total=left, _taxes=[])
    if not tax:
        return
    behavior, share = tax_behavior(item), Decimal(str(tax["percent"])) / 100
    net = left if behavior == "exclusive" else rounded(left / (1 + share))
    amount = rounded(left * share) if behavior == "exclusive" else left - net
    item.update(amount_tax=amount, amount_total=net + amount)
    reason = "standard_rated" if share else "not_collecting"
    item["_taxes"] = [
        {"amount": amount, "rate": tax["rates"][behavior], "taxability_reason": reason, "taxable_amount": net}
    ]


def tax_behavior(item: Object) -> str:
    """Of its price, or what Stripe Tax's default "automatic" makes of it."""
    behavior: str = item["price"]["tax_behavior"]
    if behavior != "unspecified":
        return behavior
    return "exclusive" if item["currency"] in ("usd", "cad") else "inclusive"


def _by_rate(items: list[Object]) -> list[Object]:
    """The taxes of the lines, those of the same rate as one."""
    sums: dict[str, Object] = {}
    for tax in (tax for item in items for tax in item["_taxes"]):
        whole = sums.setdefault(tax["rate"]["id"], tax | {"amount": 0, "taxable_amount": 0})
        whole["amount"] += tax["amount"]
        whole["taxable_amount"] += tax["taxable_amount"]
    return list(sums.values())


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
