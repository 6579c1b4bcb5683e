"""Invoices that `invoice_creation` makes of paid sessions: https://docs.stripe.com/receipts, /api/invoices."""

from app.stripe_sandbox.errors import NotBuilt, ParameterError
from app.stripe_sandbox.events import emit
from app.stripe_sandbox.lists import list_object, page
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.pricing import tax_behavior
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id

DATA = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
MOST_FIELDS, LONGEST_NAME, LONGEST_VALUE = 4, 40, 140


def invoice_creation(params: Params) -> Object:
    """The session's `invoice_creation`. Raises ParameterError, NotBuilt."""
    given = params.get("invoice_creation", {"enabled": False})
    data = given.get("invoice_data", {})
    place = "invoice_creation[invoice_data]"
    if data.get("account_tax_ids") or data.get("issuer", {}).get("type", "self") != "self":
        raise NotBuilt("account_tax_ids and other issuers on invoices", place)
    fields = data.get("custom_fields") or []
    if len(fields) > MOST_FIELDS:
        raise ParameterError(f"You can pass up to {MOST_FIELDS} custom fields.", f"{place}[custom_fields]")
    for position, field in enumerate(fields):
        for name, longest in (("name", LONGEST_NAME), ("value", LONGEST_VALUE)):
            if len(field[name]) > longest:
                message = f"Invalid string: must be at most {longest} characters"
                raise ParameterError(message, f"{place}[custom_fields][{position}][{name}]")
    shown = {name: data.get(name) or None for name in DATA} | {"metadata": metadata_of(data)}
    return {"enabled": given["enabled"], "invoice_data": shown}


def make_invoice(sandbox: Sandbox, session: Object) -> Object:
    """The invoice of a session that was just paid, already finalized and paid."""
    id = new_id("in")
    fields = _amounts(session) | _buyer(sandbox, session) | _history(sandbox) | _links(sandbox) | _words(session)
    fields |= {
        "automatic_tax": {**session["automatic_tax"], "disabled_reason": None},
        "currency": session["currency"],
        "lines": _lines(sandbox, session, id),
    }
    invoice = sandbox.store.add(sandbox.blank("invoice", id, **fields))
    session["invoice"] = id
    for type in ("invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"):
        emit(sandbox, type, invoice)
    return invoice


def _buyer(sandbox: Sandbox, session: Object) -> Object:
    """Who is billed, and the next number in their own series."""
    customer, details = sandbox.store.get("customer", session["customer"]), session["customer_details"]
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    return {
        "customer": customer["id"],
        "customer_address": details["address"],
        "customer_email": details["email"],
        "customer_name": details["business_name"] or details["name"],
        "customer_phone": details["phone"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": details["tax_ids"],
        "number": number,
    }


def _history(sandbox: Sandbox) -> Object:
    """What an invoice has been through that was made of a payment: all of it at once."""
    now = sandbox.now()
    return {
        "attempt_count": 0,
        "attempted": True,
        "auto_advance": False,
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "effective_at": now,
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": now,
        "period_start": now,
        "status": "paid",
        "status_transitions": {
            "finalized_at": now,
            "marked_uncollectible_at": None,
            "paid_at": now,
            "voided_at": None,
        },
    }


def _links(sandbox: Sandbox) -> Object:
    token = new_id("test", 40)
    return {
        "hosted_invoice_url": sandbox.url(f"/invoices/{token}"),
        "invoice_pdf": sandbox.url(f"/invoices/{token}/pdf"),
        "_token": token,
    }


def _words(session: Object) -> Object:
    """Who sells, and what the site wants said."""
    given = session["invoice_creation"]["invoice_data"]
    return {
        "account_country": "US",
        "account_name": "Stripe stand-in",
        "custom_fields": given["custom_fields"],
        "default_tax_rates": [],
        "description": given["description"],
        "footer": given["footer"],
        "issuer": {"type": "self"},
        "metadata": dict(given["metadata"]),
        "rendering": given["rendering_options"],
    }


def _amounts(session: Object) -> Object:
    items, off, total = session["_line_items"], session["total_details"]["amount_discount"], session["amount_total"]
    tax = session["total_details"]["amount_tax"]
    included = sum(item["amount_tax"] for item in items if tax_behavior(item) == "inclusive")
    discount = session["_discount"] and session["_discount"]["discount"]["id"]
    return {
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": total,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "discounts": [discount] if discount else [],
        "ending_balance": 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "subtotal": session["amount_subtotal"],
        "subtotal_excluding_tax": session["amount_subtotal"] - included,
        "total": total,
        "total_discount_amounts": [{"amount": off, "discount": discount}] if discount else [],
        "total_excluding_tax": total - tax,
        "total_pretax_credit_amounts": [],
        "total_taxes": [_tax(tax) for tax in session["total_details"]["_breakdown"]["taxes"]],
    }


def _tax(tax: Object) -> Object:
    """A tax of a session, as invoices show it."""
    return {
        "amount": tax["amount"],
        "tax_behavior": "inclusive" if tax["rate"]["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": tax["rate"]["id"]},
        "taxability_reason": tax["taxability_reason"],
        "taxable_amount": tax["taxable_amount"],
        "type": "tax_rate_details",
    }


def _lines(sandbox: Sandbox, session: Object, invoice_id: str) -> Object:
    lines = [_line(sandbox, item, invoice_id) for item in session["_line_items"]]
    return list_object(f"/v1/invoices/{invoice_id}/lines", lines)


def _line(sandbox: Sandbox, item: Object, invoice_id: str) -> Object:
    price, taken = item["price"], item["_discounts"]
    fields = {
        "amount": item["amount_subtotal"],
        "currency": item["currency"],
        "description": item["description"],
        "discount_amounts": [{"amount": off["amount"], "discount": off["discount"]["id"]} for off in taken],
        "discountable": True,
        "discounts": [],
        "invoice": invoice_id,
        "metadata": dict(item["metadata"]),
        "period": {"end": sandbox.now(), "start": sandbox.now()},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subtotal": item["amount_subtotal"],
        "taxes": [_tax(tax) for tax in item["_taxes"]],
    }
    return sandbox.blank("line_item", new_id("il"), **fields)


def retrieve_invoice(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("invoice", id, "invoice")


def list_invoices(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/invoices", sandbox.store.all("invoice"), params)


def list_invoice_lines(sandbox: Sandbox, params: Params, id: str) -> Object:
    lines = sandbox.store.get("invoice", id, "invoice")["lines"]
    return page(lines["url"], lines["data"], params)
