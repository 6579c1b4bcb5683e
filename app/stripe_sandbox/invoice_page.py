"""An invoice as its buyer sees it, at hosted_invoice_url and invoice_pdf."""

from flask import Blueprint, Flask, Response, render_template
from flask.typing import ResponseReturnValue

from app.stripe_sandbox.errors import StripeError, missing_resource
from app.stripe_sandbox.hosted_page import money, not_found
from app.stripe_sandbox.pdf import page_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object


def add_invoice_page(app: Flask, sandbox: Sandbox) -> None:
    bp = Blueprint("invoice", __name__, url_prefix="/invoices")
    bp.register_error_handler(StripeError, not_found)

    @bp.get("/<token>")
    def show_invoice(token: str) -> ResponseReturnValue:
        invoice = _by_token(sandbox, token)
        return render_template("sandbox/invoice.html", invoice=invoice, rows=_amounts(invoice))

    @bp.get("/<token>/pdf")
    def invoice_pdf(token: str) -> ResponseReturnValue:
        invoice = _by_token(sandbox, token)
        answer = Response(page_of(_words(invoice)), content_type="application/pdf")
        answer.headers["Content-Disposition"] = f"attachment; filename=Invoice-{invoice['number']}.pdf"
        return answer

    app.register_blueprint(bp)


def _by_token(sandbox: Sandbox, token: str) -> Object:
    for invoice in sandbox.store.all("invoice"):
        if invoice["_token"] == token:
            return invoice
    raise missing_resource("invoice", token)


def _amounts(invoice: Object) -> list[tuple[str, int]]:
    """What stands under each other: lines, what comes off and on, the total."""
    lines = [(f"{line['description']} × {line['quantity']}", line["amount"]) for line in invoice["lines"]["data"]]  # noqa: RUF001
    off = [("Discount", -taken["amount"]) for taken in invoice["total_discount_amounts"]]
    taxes = [
        ("Tax included" if tax["tax_behavior"] == "inclusive" else "Tax", tax["amount"])
        for tax in invoice["total_taxes"]
    ]
    return [*lines, *off, *taxes, ("Paid", invoice["total"])]


def _words(invoice: Object) -> list[str]:
    tax_ids = [f"{tax_id['type']}: {tax_id['value']}" for tax_id in invoice["customer_tax_ids"]]
    custom = [f"{field['name']}: {field['value']}" for field in invoice["custom_fields"] or []]
    rows = [f"{words}: {money(cents, invoice['currency'])}" for words, cents in _amounts(invoice)]
    head = [f"Test invoice {invoice['number']}", invoice["customer_name"] or "", invoice["customer_email"] or ""]
    return [*head, *tax_ids, *custom, "", *rows, "", invoice["description"] or "", invoice["footer"] or ""]
