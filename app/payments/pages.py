"""The payment page we ask Stripe for."""

from hashlib import sha256
from typing import Any, NamedTuple

from app.payments.purchases import Purchase


class Product(NamedTuple):
    """What is sold, as Stripe keeps it: `kind` and `slug` say what it is, the other two are read by the buyer."""

    kind: str
    slug: str
    name: str
    description: str

    @property
    def as_params(self) -> dict[str, Any]:
        """The id follows from the words, so that a new title is a new product."""
        digest = sha256(f"{self.name}\0{self.description}".encode()).hexdigest()[:8]
        return {
            "id": f"{self.kind}_{self.slug[:100]}_{digest}",
            "name": self.name,
            "description": self.description,
        }


class PageWanted(NamedTuple):
    """A payment page to ask Stripe for. It is made from a purchase's row alone, so that a second try says the same."""

    params: dict[str, Any]
    idempotency_key: str
    product: dict[str, Any]

    @classmethod
    def of(
        cls,
        purchase: Purchase,
        product: Product,
        *,
        email: str,
        what: str,
        note: str,
        paid_url: str,
        left_url: str,
        methods: list[str] | None = None,
        tax: str = "none",
        more: dict[str, Any] | None = None,
    ) -> "PageWanted":
        """What lets the buyer pay what `purchase` says, and nothing else.

        `what` is bought, for the owner to read at Stripe; `note` stands beside the button. Who has paid comes to
        `paid_url` with a session_id, who goes back without paying to `left_url`. `methods` are the only ways to pay;
        without them, it is all that are switched on at Stripe. `tax` says whether Stripe works one out, and whether the
        price has it in it: "none", "exclusive" or "inclusive". `more` are further parameters, Stripe's own.
        """
        sold, metadata = product.as_params, {"order": purchase.public_id}
        params = {
            "mode": "payment",
            "line_items": [_line(purchase, sold["id"], tax)],
            "client_reference_id": purchase.public_id,
            "customer_email": email,
            "metadata": metadata,
            # Refunds and disputes name the payment, not the session, and find our purchase by this.
            "payment_intent_data": {"metadata": metadata, "description": what},
            "custom_text": {"submit": {"message": note}},
            # The amount is compared at fulfilment, so it must stay in our currency.
            "adaptive_pricing": {"enabled": False},
            "expires_at": int(purchase.expires_at.timestamp()),
            "success_url": f"{paid_url}?session_id={{CHECKOUT_SESSION_ID}}",
            "cancel_url": left_url,
        }
        methods_allowed = {"allowed_payment_method_types": methods} if methods else {}
        return cls(params | methods_allowed | _tax(tax) | (more or {}), purchase.idempotency_key, sold)


def _tax(tax: str) -> dict[str, Any]:
    # Where the buyer is decides about the tax; the address stands on the invoice.
    return {"automatic_tax": {"enabled": True}, "billing_address_collection": "required"} if tax != "none" else {}


def _line(purchase: Purchase, product_id: str, tax: str) -> dict[str, Any]:
    price = {
        "currency": purchase.currency,
        "unit_amount": purchase.amount_cents // purchase.quantity,
        "product": product_id,
    }
    if tax != "none":
        price["tax_behavior"] = tax
    return {"quantity": purchase.quantity, "price_data": price}
