"""What Stripe asks of a new Checkout Session beyond the kinds of its parameters."""

import re
from urllib.parse import urlsplit

from app.stripe_sandbox.errors import NotBuilt, ParameterError
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object

SHORTEST_LIFE, LONGEST_LIFE = 30 * 60, 24 * 3600
LONGEST_REFERENCE = 200
LEAST_USD_CENTS = 50
PAYMENT_METHODS = ("card", "us_bank_account")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*\.[^@\s.]+")

OFFERED = frozenset(
    {"adaptive_pricing", "after_expiration", "allow_promotion_codes", "allowed_payment_method_types"}
    | {"automatic_tax", "billing_address_collection", "branding_settings", "cancel_url", "client_reference_id"}
    | {"consent_collection", "currency", "custom_text", "customer", "customer_creation", "customer_email"}
    | {"customer_update", "discounts", "excluded_payment_method_types", "expand", "expires_at"}
    | {"integration_identifier", "invoice_creation", "line_items", "locale", "metadata", "mode", "name_collection"}
    | {"payment_intent_data", "payment_method_options", "phone_number_collection", "submit_type", "success_url"}
    | {"tax_id_collection", "ui_mode", "wallet_options"}
)
INTENT_OFFERED = frozenset({"description", "metadata", "receipt_email", "statement_descriptor_suffix", "expand"})


def check_session(sandbox: Sandbox, params: Params) -> None:
    """Raises ParameterError where Stripe refuses, NotBuilt where only the stand-in does."""
    _check_offer(params)
    _check_mode(params)
    _check_addresses(params)
    _check_customer(sandbox, params)
    _check_expiry(sandbox, params)
    if "allow_promotion_codes" in params and "discounts" in params:
        message = "You may only specify one of these parameters: allow_promotion_codes, discounts."
        raise ParameterError(message, "allow_promotion_codes")
    if len(params.get("client_reference_id", "")) > LONGEST_REFERENCE:
        message = f"Invalid string: must be at most {LONGEST_REFERENCE} characters"
        raise ParameterError(message, "client_reference_id")


def _check_offer(params: Params) -> None:
    if missing := sorted(params.keys() - OFFERED):
        raise NotBuilt(f"`{missing[0]}` on Checkout Sessions", missing[0])
    if missing := sorted(params.get("payment_intent_data", {}).keys() - INTENT_OFFERED):
        raise NotBuilt(f"`payment_intent_data[{missing[0]}]`", f"payment_intent_data[{missing[0]}]")
    if (ui_mode := params.get("ui_mode", "hosted_page")) != "hosted_page":
        raise NotBuilt(f"ui_mode={ui_mode}", "ui_mode")


def _check_mode(params: Params) -> None:
    if "mode" not in params:
        message = "You must provide `mode`: one of payment, setup, subscription."
        raise ParameterError(message, "mode", "parameter_missing")
    if params["mode"] != "payment":
        raise NotBuilt(f"mode={params['mode']}", "mode")


def _check_addresses(params: Params) -> None:
    if "success_url" not in params:
        message = "Missing required param: success_url."
        raise ParameterError(message, "success_url", "parameter_missing")
    for name in ("success_url", "cancel_url"):
        url = urlsplit(params.get(name, "http://none.example"))
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ParameterError("Not a valid URL", name, "url_invalid")


def _check_customer(sandbox: Sandbox, params: Params) -> None:
    if "customer_email" in params and not EMAIL.fullmatch(params["customer_email"]):
        raise ParameterError(f"Invalid email address: {params['customer_email']}", "customer_email", "email_invalid")
    if "customer" not in params:
        if "customer_update" in params:
            raise ParameterError("`customer_update` can only be used with `customer`.", "customer_update")
        return
    for name in ("customer_email", "customer_creation"):
        if name in params:
            raise ParameterError(f"You may only specify one of these parameters: customer, {name}.", "customer")
    sandbox.store.get("customer", params["customer"], "customer")
    if params.get("tax_id_collection", {}).get("enabled") and params.get("customer_update", {}).get("name") != "auto":
        message = "Tax ID collection requires updating business name on the customer. To enable tax ID collection"
        advice = "for an existing customer, please set `customer_update[name]` to `auto`."
        raise ParameterError(f"{message} {advice}", "customer_update[name]")


def _check_expiry(sandbox: Sandbox, params: Params) -> None:
    if "expires_at" not in params:
        return
    life = params["expires_at"] - sandbox.now()
    if life < SHORTEST_LIFE:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise ParameterError(message, "expires_at")
    if life > LONGEST_LIFE:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise ParameterError(message, "expires_at")


def check_amount(amount: int, currency: str) -> None:
    """Nothing at all, or at least what Stripe can charge: https://docs.stripe.com/currencies#minimum-and-maximum."""
    if 0 < amount < LEAST_USD_CENTS:
        message = "The Checkout Session's total amount due must add up to at least $0.50"
        raise ParameterError(f"{message} {currency}", "line_items", "amount_too_small")


def payment_methods(params: Params, currency: str) -> list[str]:
    """The kinds a buyer is offered: the stand-in's two, filtered as asked. A US bank debits dollars only."""
    offered = [method for method in PAYMENT_METHODS if method == "card" or currency == "usd"]
    allowed = params.get("allowed_payment_method_types", offered)
    excluded = params.get("excluded_payment_method_types", [])
    if methods := [method for method in offered if method in allowed and method not in excluded]:
        return methods
    raise ParameterError("No payment method types are left to offer.", "allowed_payment_method_types")


def check_currency(params: Params, items: list[Object]) -> str:
    currency: str = items[0]["currency"]
    if params.get("currency", currency).lower() != currency:
        raise ParameterError("`currency` differs from that of the line items.", "currency")
    return currency
