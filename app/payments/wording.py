"""Amounts and days as people read them."""

from datetime import date


def money(cents: int, currency: str) -> str:
    """120000, "usd" as $1,200.00; any other currency by its code, as 1,200.00 EUR."""
    amount = f"{cents / 100:,.2f}"
    return f"${amount}" if currency == "usd" else f"{amount} {currency.upper()}"


def day(moment: date) -> str:
    """March 2, 2027."""
    return f"{moment:%B} {moment.day}, {moment.year}"
