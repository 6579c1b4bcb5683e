"""Amounts as the owner types them."""

from decimal import Decimal
from typing import Any

from wtforms import Field, StringField
from wtforms.validators import DataRequired, Optional, Regexp, ValidationError

from app.payments.currencies import LEAST_PRICE_CENTS

# 1200, 1,200, 1,200.50 or .50, with or without a dollar sign.
MONEY = r"\s*\$?\s*((\d{1,3}(,\d{3}){1,2}|\d{1,8})(\.\d\d)?|\.\d\d)\s*\Z"
HOW = "Write an amount such as 1,200 or 99.50."
LARGEST_PRICE = 100_000


def cents_of(typed: str) -> int:
    """Cents, from what MONEY matches."""
    return int(Decimal(typed.replace(",", "").replace("$", "").strip()) * 100)


def in_units(cents: int) -> str:
    """120000 as 1200, 9950 as 99.50: as it may be typed."""
    return f"{cents / 100:.2f}" if cents % 100 else str(cents // 100)


class Price(StringField):
    """An amount, or nothing where `may_be_empty`. Its `cents` are what was typed, once it is valid."""

    def __init__(self, label: str, *, may_be_empty: bool = False, **kwargs: Any) -> None:
        needed = Optional() if may_be_empty else DataRequired(HOW)
        control = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(label, [needed, Regexp(MONEY, message=HOW), CanBePaid()], render_kw=control, **kwargs)

    @property
    def cents(self) -> int | None:
        return cents_of(typed) if (typed := self.data or "").strip() else None


class CanBePaid:
    """Refuses what no card can pay."""

    def __call__(self, form: Any, field: Field) -> None:
        if field.errors:
            return
        cents = cents_of(field.data)
        if 0 < cents < LEAST_PRICE_CENTS:
            raise ValidationError("So little cannot be paid by card. Write 0 for free, or at least 0.50.")
        if cents > LARGEST_PRICE * 100:
            raise ValidationError(f"At most {LARGEST_PRICE:,}.")
