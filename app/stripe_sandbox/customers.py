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


def keep_customer(sandbox: Sandbox, session: Object) -> None:
    """Make or update the customer of a session that was completed, where Stripe would.

    https://docs.stripe.com/payments/checkout/guest-customers: an invoice needs one, and so does an order for nothing.
    """
    details = session["customer_details"]
    known = {name: details[name] for name in ("address", "business_name", "email", "name", "phone") if details[name]}
    if session["customer"]:
        _update(sandbox, sandbox.store.get("customer", session["customer"]), known, session["_customer_update"])
        return
    needed = session["payment_status"] == "no_payment_required" or session["invoice_creation"]["enabled"]
    if not needed and session["customer_creation"] != "always":
        return
    session["customer"] = create_customer(sandbox, known)["id"]
    if intent := sandbox.store.by_id(session["payment_intent"]):
        intent["customer"] = session["customer"]
        sandbox.store.get("charge", intent["latest_charge"])["customer"] = session["customer"]


def _update(sandbox: Sandbox, customer: Object, known: Object, wanted: Params) -> None:
    """What `customer_update` lets Checkout save: https://docs.stripe.com/payments/checkout/existing-customers."""
    fields = {"name": ("name", "business_name"), "address": ("address",)}
    names = [name for part, names in fields.items() if wanted.get(part) == "auto" for name in names]
    if changes := {name: known[name] for name in names if name in known and customer[name] != known[name]}:
        before = {name: customer[name] for name in changes}
        customer.update(changes)
        emit(sandbox, "customer.updated", customer, before)


def retrieve_customer(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("customer", id)


def list_customers(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/customers", sandbox.store.all("customer"), params)
