"""The fields that the owner's letters are typed into, issues and sequences alike."""

from typing import Any

from wtforms import TextAreaField
from wtforms.validators import Length

from app.people.forms import LineField, PlainText, one_kind_of_line_break

LONGEST_TEXT = 100_000
TOO_LONG = (
    f"Too long to send: {LONGEST_TEXT:,} characters are the most, and Gmail clips a letter at 102 kB. Shorten it."
)


def line(label: str, *validators: Any, most: int = 200) -> LineField:
    """A single line of at most `most` characters, kept without blanks at its ends."""
    return LineField(label, [*validators, Length(max=most, message=f"{most} characters are enough.")])


def paragraph(label: str, *validators: Any, most: int) -> TextAreaField:
    """Sentences of at most `most` characters, kept on one line however they were broken."""
    length = Length(max=most, message=f"{most:,} characters are enough.")
    return TextAreaField(label, [*validators, length, PlainText()], filters=[_on_one_line])


def _on_one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def text(label: str, *validators: Any) -> TextAreaField:
    """Markdown of any number of lines."""
    length = Length(max=LONGEST_TEXT, message=TOO_LONG)
    return TextAreaField(label, [*validators, length, PlainText()], filters=[one_kind_of_line_break])
