"""Amounts as the owner types them."""

from decimal import Decimal

# 1200, 1,200 or 1,200.50, with or without a dollar sign.
MONEY = r"\s*\$?\s*(\d{1,3}(,\d{3}){1,2}|\d{1,8})(\.\d\d)?\s*\Z"


def cents_of(typed: str) -> int:
    """Cents, from what MONEY matches."""
    return int(Decimal(typed.replace(",", "").replace("$", "").strip()) * 100)


def in_units(cents: int) -> str:
    """120000 as 1200, 9950 as 99.50: as it may be typed."""
    return f"{cents / 100:.2f}" if cents % 100 else str(cents // 100)
