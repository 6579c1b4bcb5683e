"""Forms about a row that another window may change meanwhile: nothing that was saved there is put back unseen."""

from datetime import datetime
from typing import Any, Self

from wtforms import BooleanField, Field, HiddenField, SelectField

from app.newsletter.checking.findings import cut
from app.newsletter.issues.seen import mark_of
from app.people.forms import Form


class SeenForm(Form):
    """Carries along a mark of each thing it showed. Its templates render `seen`; what it shows is its fields' data."""

    seen = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kwargs.get("formdata", True) is None:
            self.follow(self)

    def follow(self, saved: Self) -> None:
        """Stand on what is saved: what is sent next is sent after having seen that."""
        self.seen.data = " ".join(mark_of(str(field.data)) for field in saved._told)

    def was_overtaken(self, saved: Self) -> bool:
        """Whether something typed here differs from what was saved since it was shown; `saved` shows what is saved.

        Each such field says so then, and what is sent once more is taken.
        """
        for field, now, mark in zip(self._told, saved._told, (self.seen.data or "").split(), strict=False):
            if mark != mark_of(str(now.data)) and str(field.data) != str(now.data):
                field.errors = [f"{_said(now)} Do so here too, or save once more to keep what you have."]
        self.follow(saved)
        return bool(self.errors)

    @property
    def _told(self) -> list[Field]:
        return [field for field in self if field.name not in ("csrf_token", "seen")]


def _said(now: Any) -> str:
    if isinstance(now, BooleanField):
        did = "checked it" if now.data else "unchecked it"
    elif isinstance(now, SelectField):
        choices: Any = now.iter_choices()
        did = f"chose “{next((choice.label for choice in choices if choice.value == now.data), now.data)}”"
    elif isinstance(now.data, datetime):
        did = f"saved {now.data:%Y-%m-%d %H:%M}"
    else:
        did = f"saved “{cut(now._value())}”" if now._value() else "emptied it"
    return f"{now.label.text}: another window {did} meanwhile."
