"""Customers, as far as Checkout makes and uses them: https://docs.stripe.com/api/customers."""

from app.stripe_sandbox.errors import NotBuilt
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

OFFERED = frozenset(
    {"address", "business_name", "description", "email", "expand", "individual_name", "metadata", "name", "phone"}
    | {"preferred_locales", "shipping", "tax_exempt"}
)


def create_customer(sandbox: Sandbox, params: Params) -> Object:
    if missing := sorted(params.keys() - OFFERED):
        raise NotBuilt(f"`{missing[0]}` on customers", missing[0])
    fields: Object = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": new_id("", 8)[1:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }
    fields |= params | {"metadata": metadata_of(params)}
    fields.pop("expand", None)
    customer = sandbox.store.add(sandbox.blank("customer", new_id("cus", 14), **fields))
    emit(sandbox, "customer.created", customer)
    return customer


def retrieve_customer(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("customer", id)


def list_customers(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/customers", sandbox.store.all("customer"), params)
