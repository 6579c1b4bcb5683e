"""A Checkout Session in our words: what we ask Stripe for, and what of its answer matters to us."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from app.enrollment.models import Course
from app.enrollment.orders import Order
from app.enrollment.wording import day
from app.urls import absolute_url


class Checkout(NamedTuple):
    """A Checkout Session as Stripe had it when asked, or later. `reference` is our order's public id."""

    asked_at: datetime
    session_id: str
    reference: str
    url: str | None
    status: str
    payment_status: str
    seats: int
    amount_cents: int
    currency: str
    livemode: bool
    payment_intent_id: str | None
    refunded_cents: int
    debit_failed: bool
    payment_method: str

    @property
    def is_paid(self) -> bool:
        return self.status == "complete" and self.payment_status in ("paid", "no_payment_required")

    @property
    def is_under_way(self) -> bool:
        """Whether a bank debit was ordered that the bank has neither paid nor refused."""
        return self.status == "complete" and not self.is_paid and not self.debit_failed

    @classmethod
    def of(cls, session: dict[str, Any], asked_at: datetime) -> "Checkout":
        """From the session as Stripe sent it, with line_items and payment_intent.latest_charge expanded."""
        intent = _object(session.get("payment_intent"))
        charge = _object(intent.get("latest_charge"))
        return cls(
            asked_at=asked_at,
            session_id=session["id"],
            reference=session.get("client_reference_id") or "",
            url=session.get("url"),
            status=session.get("status") or "",
            payment_status=session.get("payment_status") or "",
            seats=sum(item["quantity"] or 0 for item in _object(session.get("line_items")).get("data", [])),
            amount_cents=session.get("amount_total") or 0,
            currency=session.get("currency") or "",
            livemode=bool(session.get("livemode")),
            payment_intent_id=intent.get("id"),
            refunded_cents=charge.get("amount_refunded") or 0,
            debit_failed=intent.get("status") in ("requires_payment_method", "canceled"),
            payment_method=_payment_method(_object(charge.get("payment_method_details"))),
        )


def _object(value: Any) -> dict[str, Any]:
    """What Stripe gives as an object when expanded, as an id when not, and as nothing when there is none."""
    if isinstance(value, dict):
        return value
    return {"id": value} if value else {}


class PageWanted(NamedTuple):
    """A payment page to ask Stripe for. It is made from an order's row alone, so that a second try says the same."""

    params: dict[str, Any]
    idempotency_key: str
    product: dict[str, Any]

    @classmethod
    def of(cls, order: Order) -> "PageWanted":
        """What lets the buyer pay what `order` says, and nothing else."""
        product = _product(order.cohort.course)
        return cls(_params(order, product["id"]), order.idempotency_key, product)


def _product(course: Course) -> dict[str, Any]:
    """The course as Stripe's product. The id follows from the words, so that a new title is a new product."""
    digest = sha256(f"{course.title}\0{course.description}".encode()).hexdigest()[:8]
    return {
        "id": f"course_{course.slug[:100]}_{digest}",
        "name": course.title,
        "description": course.description,
    }


def _params(order: Order, product_id: str) -> dict[str, Any]:
    cohort, metadata = order.cohort, {"order": order.public_id}
    price = {
        "currency": order.currency,
        "unit_amount": order.amount_cents // order.seats,
        "product": product_id,
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": order.seats, "price_data": price}],
        "client_reference_id": order.public_id,
        "customer_email": order.person.email,
        "metadata": metadata,
        # Refunds and disputes name the payment, not the session, and find our order by this.
        "payment_intent_data": {"metadata": metadata, "description": f"{cohort.course.title}, {cohort.name}"},
        "custom_text": {"submit": {"message": f"Your cohort: {cohort.name}, beginning {day(cohort.starts_on)}."}},
        # The amount is compared at fulfilment, so it must stay in our currency.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(order.expires_at.timestamp()),
        "success_url": absolute_url("enrollment.complete_checkout") + "?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": absolute_url("enrollment.show_cancelled", order=order.public_id),
    }


def _payment_method(details: dict[str, Any]) -> str:
    """ "Visa ending in 4242", as it stands on a receipt; empty when Stripe does not say."""
    kind = details.get("type") or ""
    told = details.get(kind) or {}
    name = str(told.get("brand") or told.get("bank_name") or kind).replace("_", " ")
    name = name.title() if name.islower() or name.isupper() else name
    return f"{name} ending in {told['last4']}" if told.get("last4") else name
