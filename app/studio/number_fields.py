"""Whole numbers that the owner types: minutes, days, prices."""

from typing import Any

from wtforms import Field, IntegerField
from wtforms.validators import InputRequired, Optional, ValidationError


class WholeNumber(IntegerField):
    """A whole number from `least` to `most`, in steps; nothing, if it may be left out."""

    def __init__(
        self, label: str, least: int, most: int, *, step: int = 1, may_be_empty: bool = False, **kwargs: Any
    ) -> None:
        needed = Optional() if may_be_empty else InputRequired(f"Write a number from {least:,} to {most:,}.")
        control = {"min": least, "max": most, "step": step, "inputmode": "numeric"}
        super().__init__(label, [needed, InSteps(least, most, step)], render_kw=control, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        digits = text.removeprefix("-")
        self.data = int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
        if text and self.data is None:
            raise ValueError("Write a whole number in digits, such as 15.")


class InSteps:
    """Refuses a number outside of the bounds, or between the steps, and names the nearest that would do."""

    def __init__(self, least: int, most: int, step: int) -> None:
        self.least, self.most, self.step = least, most, step

    def __call__(self, form: Any, field: Field) -> None:
        if field.data is None:
            return
        if not self.least <= field.data <= self.most:
            raise ValidationError(f"Write a number from {self.least:,} to {self.most:,}.")
        if field.data % self.step:
            below = field.data // self.step * self.step
            nearest = [each for each in (below, below + self.step) if self.least <= each <= self.most]
            raise ValidationError(f"Times go in steps of five minutes: write {' or '.join(map(str, nearest))}.")
