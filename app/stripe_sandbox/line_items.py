"""What a Checkout Session sells, at the server's own prices."""

from app.stripe_sandbox.errors import NotBuilt, ParameterError
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.products import add_price
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

MOST_ITEMS = 100


def priced(sandbox: Sandbox, lines: list[Params]) -> list[Object]:
    """The session's line items. Raises where Stripe would: no lines, no price, an inactive one, mixed currencies."""
    if not lines:
        message = "You must provide `line_items` in `payment` mode."
        raise ParameterError(message, "line_items", "parameter_missing")
    if len(lines) > MOST_ITEMS:
        raise ParameterError(f"You can pass up to {MOST_ITEMS} line items.", "line_items")
    items = [_line_item(sandbox, line, f"line_items[{position}]") for position, line in enumerate(lines)]
    if len({item["currency"] for item in items}) > 1:
        raise ParameterError("All prices on a Checkout Session must use the same currency.", "line_items")
    return items


def _line_item(sandbox: Sandbox, line: Params, place: str) -> Object:
    for name in ("adjustable_quantity", "tax_rates"):
        if name in line:
            raise NotBuilt(name, f"{place}[{name}]")
    price = _price(sandbox, line, place)
    quantity = _quantity(line, place)
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": sandbox.store.get("product", price["product"])["name"],
        "metadata": metadata_of(line),
        "price": price,
        "quantity": quantity,
        "_discounts": [],
        "_taxes": [],
    }


def _price(sandbox: Sandbox, line: Params, place: str) -> Object:
    if ("price" in line) == ("price_data" in line):
        message = "You must specify exactly one of `price` and `price_data` for each line item."
        raise ParameterError(message, place, "parameter_missing")
    if "price_data" in line:
        if "recurring" in line["price_data"]:
            raise NotBuilt("recurring prices", f"{place}[price_data][recurring]")
        # Stripe keeps prices made in passing inactive, so that nobody buys by them again.
        return add_price(sandbox, line["price_data"], f"{place}[price_data]", active=False)
    price = sandbox.store.get("price", line["price"], f"{place}[price]")
    if not price["active"]:
        message = f"The price specified is inactive. This field only accepts active prices: {price['id']}"
        raise ParameterError(message, f"{place}[price]", "resource_missing")
    return price


def _quantity(line: Params, place: str) -> int:
    if "quantity" not in line:
        raise ParameterError("Quantity is required.", f"{place}[quantity]", "parameter_missing")
    if (quantity := int(line["quantity"])) < 1:
        message = "This value must be greater than or equal to 1."
        raise ParameterError(message, f"{place}[quantity]", "parameter_invalid_integer")
    return quantity
