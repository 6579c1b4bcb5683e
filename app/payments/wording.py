"""Amounts and days as people read them."""

from datetime import date
from typing import Any

from app.local_times import in_words
from app.payments.purchases import Purchase

# For who comes back from Stripe's page, when we cannot look how things stand.
NOT_LOST = (
    "If you have paid, your payment is not lost: it is with Stripe, our payment partner. We write to you as soon as we "
    "know of it. Please do not pay a second time. In a minute you can load this page again."
)


def money(cents: int, currency: str) -> str:
    """120000, "usd" as $1,200.00; any other currency by its code, as 1,200.00 EUR."""
    amount = f"{cents / 100:,.2f}"
    return f"${amount}" if currency == "usd" else f"{amount} {currency.upper()}"


def day(moment: date) -> str:
    """March 2, 2027."""
    return f"{moment:%B} {moment.day}, {moment.year}"


def in_dispute(purchase: Purchase, zone: str) -> dict[str, Any]:
    """What a mail about a dispute says of it: how much, of how much in case it is a part, and until when, on the
    clocks of `zone`, to answer.
    """
    return {
        "disputed": money(purchase.disputed_cents, purchase.currency),
        "is_part": purchase.disputed_cents < purchase.paid_cents,
        "due": in_words(purchase.dispute_due_at, zone) if purchase.dispute_due_at else "",
    }
