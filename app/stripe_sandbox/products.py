"""Products and prices: https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices."""

from app.stripe_sandbox.errors import NotBuilt, ParameterError, StripeError
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, merged_metadata, metadata_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

# Presentment currencies a small practice may meet; a new one is a matter of adding it.
CURRENCIES = frozenset({"aud", "cad", "chf", "dkk", "eur", "gbp", "jpy", "nok", "nzd", "sek", "sgd", "usd"})


def create_product(sandbox: Sandbox, params: Params) -> Object:
    if "default_price_data" in params:
        raise NotBuilt("default_price_data", "default_price_data")
    if sandbox.store.objects.get("product", {}).get(id := params.get("id", new_id("prod", 14))):
        raise StripeError("Product already exists.", code="resource_already_exists", param="id")
    return _add_product(sandbox, id, params)


def _add_product(sandbox: Sandbox, id: str, params: Params) -> Object:
    fields = {
        "active": params.get("active", True),
        "default_price": None,
        "description": params.get("description"),
        "images": params.get("images", []),
        "marketing_features": params.get("marketing_features", []),
        "metadata": metadata_of(params),
        "name": params["name"],
        "package_dimensions": params.get("package_dimensions"),
        "shippable": params.get("shippable"),
        "statement_descriptor": params.get("statement_descriptor"),
        "tax_code": params.get("tax_code"),
        "tax_details": params.get("tax_details"),
        "type": params.get("type", "service"),
        "unit_label": params.get("unit_label"),
        "updated": sandbox.now(),
        "url": params.get("url"),
    }
    return sandbox.store.add(sandbox.blank("product", id, **fields))


def retrieve_product(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("product", id)


def update_product(sandbox: Sandbox, params: Params, id: str) -> Object:
    product = sandbox.store.get("product", id)
    _update(product, params)
    product["updated"] = sandbox.now()
    return product


def list_products(sandbox: Sandbox, params: Params) -> Object:
    ids = params.pop("ids", None)
    keep = (lambda product: product["id"] in ids) if ids else None
    return page("/v1/products", sandbox.store.all("product"), params, keep)


def create_price(sandbox: Sandbox, params: Params) -> Object:
    for name in ("recurring", "tiers", "tiers_mode", "custom_unit_amount", "transform_quantity", "currency_options"):
        if name in params:
            raise NotBuilt(name, name)
    lookup_key = params.get("lookup_key")
    holder = next((p for p in sandbox.store.all("price") if lookup_key and p["lookup_key"] == lookup_key), None)
    if holder and not params.get("transfer_lookup_key"):
        message = f"A price (`{holder['id']}`) already uses that lookup key."
        raise ParameterError(message, "lookup_key", "resource_already_exists")
    price = add_price(sandbox, params, "")
    if holder:
        holder["lookup_key"] = None
    return price


def add_price(sandbox: Sandbox, params: Params, place: str, active: bool = True) -> Object:
    """A price from the parameters of a price or of a line item's `price_data`, which stand at `place`."""
    fields = {
        "active": params.get("active", active),
        "billing_scheme": "per_unit",
        "currency": checked_currency(params["currency"], _at(place, "currency")),
        "custom_unit_amount": None,
        "lookup_key": params.get("lookup_key"),
        "metadata": metadata_of(params),
        "nickname": params.get("nickname"),
        "recurring": None,
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": (amount := _unit_amount(params, place)),
        "unit_amount_decimal": str(amount),
    }
    product = _product_of(sandbox, params, place, active)
    return sandbox.store.add(sandbox.blank("price", new_id("price"), product=product["id"], **fields))


def _at(place: str, name: str) -> str:
    return f"{place}[{name}]" if place else name


def _unit_amount(params: Params, place: str) -> int:
    if "unit_amount" not in params:
        if "unit_amount_decimal" in params:
            raise NotBuilt("unit_amount_decimal", _at(place, "unit_amount_decimal"))
        message = "One of `unit_amount`, `unit_amount_decimal` or `custom_unit_amount` is required."
        raise ParameterError(message, _at(place, "unit_amount"), "parameter_missing")
    amount: int = params["unit_amount"]
    if amount < 0:
        message = "This value must be greater than or equal to 0."
        raise ParameterError(message, _at(place, "unit_amount"), "parameter_invalid_integer")
    if amount > 99_999_999:
        message = "Amounts have at most eight digits."
        raise ParameterError(message, _at(place, "unit_amount"), "amount_too_large")
    return amount


def checked_currency(currency: str, param: str) -> str:
    if currency.lower() in CURRENCIES:
        return currency.lower()
    message = f"Invalid currency: {currency}. The Stripe stand-in knows {', '.join(sorted(CURRENCIES))}."
    raise ParameterError(message, param)


def _product_of(sandbox: Sandbox, params: Params, place: str, active: bool) -> Object:
    if ("product" in params) == ("product_data" in params):
        raise ParameterError("You must pass exactly one of `product` and `product_data`.", _at(place, "product"))
    if "product" in params:
        return sandbox.store.get("product", params["product"], _at(place, "product"))
    return _add_product(sandbox, new_id("prod", 14), {"active": active, **params["product_data"]})


def retrieve_price(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("price", id, "price")


def update_price(sandbox: Sandbox, params: Params, id: str) -> Object:
    if unknown := params.keys() - {"active", "lookup_key", "metadata", "nickname", "tax_behavior", "expand"}:
        raise NotBuilt(f"{unknown} in a price's update")
    price = sandbox.store.get("price", id, "price")
    _update(price, params)
    return price


def _update(obj: Object, params: Params) -> None:
    changes = {name: value for name, value in params.items() if name in obj}
    obj.update(changes, metadata=merged_metadata(obj["metadata"], params))


def list_prices(sandbox: Sandbox, params: Params) -> Object:
    keys = params.pop("lookup_keys", None)
    keep = (lambda price: price["lookup_key"] in keys) if keys else None
    return page("/v1/prices", sandbox.store.all("price"), params, keep)
