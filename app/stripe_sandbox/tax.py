"""Stripe Tax, at one flat rate that a test or developer sets: https://docs.stripe.com/tax/checkout."""

from dataclasses import dataclass

from app.stripe_sandbox.errors import NotBuilt, StripeError
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.pricing import price
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, copied, new_id


@dataclass(frozen=True)
class TaxSettings:
    """The account's: `percent` of the price, 0 as where it is registered nowhere; whether Stripe Tax `is_set_up`."""

    percent: float = 0
    is_set_up: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.percent, int | float) or not 0 <= self.percent <= 100:
            raise ValueError("percent must be a number from 0 to 100")
        if not isinstance(self.is_set_up, bool):
            raise ValueError("is_set_up must be true or false")


def settings_of(sandbox: Sandbox) -> TaxSettings:
    return TaxSettings(**sandbox.store.settings.get("tax", {}))


def check_tax(sandbox: Sandbox, params: Params) -> None:
    """Raises StripeError where the account, or what it knows of the customer, does not allow `automatic_tax`."""
    given = params.get("automatic_tax", {})
    if given.get("liability", {}).get("type", "self") != "self":
        raise NotBuilt("tax liability of other accounts", "automatic_tax[liability]")
    if not given.get("enabled"):
        return
    if not settings_of(sandbox).is_set_up:
        message = "You must have a valid head office address to enable automatic tax calculation in test mode."
        raise StripeError(f"{message}  Visit https://dashboard.stripe.com/test/settings/tax to update it.")
    customer = sandbox.store.by_id(params.get("customer")) or {"address": True}
    if not customer["address"] and params.get("customer_update", {}).get("address") != "auto":
        raise StripeError(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' "
            "to save the address entered in Checkout to the Customer.",
            code="customer_tax_location_invalid",
        )


def add_tax(sandbox: Sandbox, session: Object, country: str) -> None:
    """Tax the session, if it asks for it, now that it is known where its buyer is."""
    if not session["automatic_tax"]["enabled"]:
        return
    percent = settings_of(sandbox).percent
    session["automatic_tax"]["status"] = "complete"
    session["_tax"] = {
        "percent": percent,
        "rates": {kind: _rate(sandbox, percent, kind == "inclusive", country) for kind in ("exclusive", "inclusive")},
    }
    price(session)


def as_it_will_be(sandbox: Sandbox, session: Object) -> Object:
    """A copy of the session with the tax that the page shows before it is paid."""
    if not session["automatic_tax"]["enabled"] or session["status"] != "open":
        return session
    shown: Object = copied(session)
    add_tax(sandbox, shown, "US")
    return shown


def _rate(sandbox: Sandbox, percent: float, inclusive: bool, country: str) -> Object:
    fields = {
        "active": False,  # As Stripe marks the rates it works out by itself.
        "country": country,
        "display_name": "Sales Tax",
        "effective_percentage": percent,
        "inclusive": inclusive,
        "metadata": {},
        "percentage": percent,
        "rate_type": "percentage",
        "tax_type": "sales_tax",
    }
    return sandbox.blank("tax_rate", new_id("txr"), **fields)
