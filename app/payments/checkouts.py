"""A Checkout Session in our words: what of Stripe's answer matters to us."""

from datetime import datetime
from typing import Any, NamedTuple

from app.payments.disputes import Dispute

EXPANDED = ["line_items", "payment_intent.latest_charge", "discounts.promotion_code", "invoice"]


class Checkout(NamedTuple):
    """A Checkout Session as Stripe had it when asked, or later. `reference` is our purchase's public id."""

    asked_at: datetime
    session_id: str
    reference: str
    names_order: bool  # As each of our pages does: one that names none sells what is not ours on the same account.
    url: str | None
    status: str
    payment_status: str
    quantity: int
    subtotal_cents: int
    discount_cents: int
    tax_cents: int
    amount_cents: int
    currency: str
    livemode: bool
    payment_intent_id: str | None
    refunded_cents: int
    is_given_back: bool  # All of it, whatever the amount was.
    debit_failed: bool
    payment_method: str
    is_disputed: bool  # Whether the payer's bank ever disputed it.
    promotion_code: str
    billing: dict[str, Any]  # Who pays, as typed there: see Purchase.
    invoice_id: str | None
    invoice_number: str  # As people read it; Stripe gives one to an invoice that is final.
    invoice_url: str | None
    recovery_url: str | None  # Of a page that ended unpaid: the way to another like it.
    dispute: Dispute | None = None  # How it stands, once asked for.

    @property
    def is_paid(self) -> bool:
        return self.status == "complete" and self.payment_status in ("paid", "no_payment_required")

    @property
    def left_cents(self) -> int:
        """What has not gone back of what was paid."""
        return self.amount_cents - self.refunded_cents

    @property
    def is_under_way(self) -> bool:
        """Whether a bank debit was ordered that the bank has neither paid nor refused."""
        return self.status == "complete" and not self.is_paid and not self.debit_failed

    @property
    def adds_up(self) -> bool:
        """Whether nothing but a discount and tax, which may be part of the price, stands between price and total."""
        net = self.subtotal_cents - self.discount_cents
        return self.amount_cents in (net, net + self.tax_cents)

    @classmethod
    def of(cls, session: dict[str, Any], asked_at: datetime) -> "Checkout":
        """From the session as Stripe sent it, with EXPANDED filled in."""
        intent = _object(session.get("payment_intent"))
        charge = _object(intent.get("latest_charge"))
        totals, invoice = _object(session.get("total_details")), _object(session.get("invoice"))
        return cls(
            asked_at=asked_at,
            session_id=session["id"],
            reference=session.get("client_reference_id") or "",
            names_order=bool(_object(session.get("metadata")).get("order")),
            url=_address(session.get("url")),
            status=session.get("status") or "",
            payment_status=session.get("payment_status") or "",
            quantity=sum(item["quantity"] or 0 for item in _object(session.get("line_items")).get("data", [])),
            subtotal_cents=session.get("amount_subtotal") or 0,
            discount_cents=totals.get("amount_discount") or 0,
            tax_cents=totals.get("amount_tax") or 0,
            amount_cents=session.get("amount_total") or 0,
            currency=session.get("currency") or "",
            livemode=bool(session.get("livemode")),
            payment_intent_id=intent.get("id"),
            refunded_cents=charge.get("amount_refunded") or 0,
            is_given_back=bool(charge.get("refunded")),
            debit_failed=intent.get("status") in ("requires_payment_method", "canceled"),
            payment_method=_payment_method(_object(charge.get("payment_method_details"))),
            is_disputed=bool(charge.get("disputed")),
            promotion_code=_promotion_code(session.get("discounts") or []),
            billing=_billing(_object(session.get("customer_details"))),
            invoice_id=invoice.get("id"),
            invoice_number=invoice.get("number") or "",
            invoice_url=_address(invoice.get("hosted_invoice_url")),
            recovery_url=_address(_object(_object(session.get("after_expiration")).get("recovery")).get("url")),
        )


def _object(value: Any) -> dict[str, Any]:
    """What Stripe gives as an object when expanded, as an id when not, and as nothing when there is none."""
    if isinstance(value, dict):
        return value
    return {"id": value} if value else {}


def _address(url: Any) -> str | None:
    """Of a page, to link to; nothing that a browser would run."""
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None


def _promotion_code(discounts: list[dict[str, Any]]) -> str:
    codes = (_object(discount.get("promotion_code")).get("code") for discount in discounts)
    return next((code for code in codes if code), "")


def _billing(details: dict[str, Any]) -> dict[str, Any]:
    """What was said of it; no more than a business fills in, and nothing that was left empty."""
    address = {key: part for key, part in _object(details.get("address")).items() if part}
    tax_ids = [{"type": each.get("type"), "value": each.get("value")} for each in details.get("tax_ids") or []]
    told = {
        "name": details.get("individual_name") or details.get("name"),
        "email": details.get("email"),
        "business": details.get("business_name"),
        "address": address,
        "tax_ids": tax_ids,
    }
    return {key: value for key, value in told.items() if value}


def _payment_method(details: dict[str, Any]) -> str:
    """ "Visa ending in 4242", as it stands on a receipt; empty when Stripe does not say."""
    kind = details.get("type") or ""
    told = details.get(kind) or {}
    name = str(told.get("brand") or told.get("bank_name") or kind).replace("_", " ")
    name = name.title() if name.islower() or name.isupper() else name
    return f"{name} ending in {told['last4']}" if told.get("last4") else name
