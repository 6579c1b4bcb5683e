"""Forms about a row that another window may change meanwhile: nothing that was saved there is put back unseen."""

from datetime import datetime
from typing import Any, ClassVar, Self

from wtforms import BooleanField, Field, HiddenField, SelectField

from app.newsletter.checking.findings import cut
from app.newsletter.issues.seen import mark_of
from app.people.forms import Form


class SeenForm(Form):
    """Carries along a mark of each thing it showed. Its templates render `seen`; what it shows is its fields' data.

    What the other window saved and this one left as it was is taken over; what both changed is asked about.
    """

    # Fields that say one thing together: it was changed here if one of them was.
    TOGETHER: ClassVar[frozenset[str]] = frozenset()
    seen = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # What another window saved and does not fit into a message, by its label.
        self.elsewhere: dict[str, str] = {}
        if kwargs.get("formdata", True) is None:
            self.follow(self)

    def follow(self, saved: Self) -> None:
        """Stand on what is saved: what is sent next is sent after having seen that."""
        self.seen.data = " ".join(_mark(field) for field in saved._told)

    def take_over(self, saved: Self) -> str:
        """Let what was left here as it was shown be as it is `saved`, before it is validated. Which, in words."""
        marks = self._marks
        left = {name for name, mark in marks.items() if _is_left(self[name], mark)}
        if not left >= self.TOGETHER:
            left -= self.TOGETHER
        taken = [name for name, mark in marks.items() if name in left and _mark(saved[name]) != mark]
        for name in taken:
            field, now = self[name], saved[name]
            field.data, field.raw_data = now.data, [now._value() if hasattr(now, "_value") else now.data]
            marks[name] = _mark(now)
        self.seen.data = " ".join(marks.values())
        labels = ", ".join(f"“{self[name].label.text}”" for name in taken)
        return labels and f"Kept as another window saved {'them' if taken[1:] else 'it'} meanwhile: {labels}."

    def was_overtaken(self, saved: Self) -> bool:
        """Whether something typed here differs from what was saved since it was shown; `saved` shows what is saved.

        Each such field says so then, and what is sent once more is taken.
        """
        for name, mark in self._marks.items():
            field, now = self[name], saved[name]
            if mark != _mark(now) and str(field.data) != str(now.data):
                if (words := str(now.data)) != cut(words) or "\n" in words:
                    self.elsewhere[now.label.text] = words
                field.errors = [f"{_said(now)} Do so here too, or save once more to keep what you have."]
        self.follow(saved)
        return bool(self.errors)

    @property
    def _told(self) -> list[Field]:
        return [field for field in self if field.name not in ("csrf_token", "seen")]

    @property
    def _marks(self) -> dict[str, str]:
        """What each field showed when the form was opened; nothing, where that was not sent along."""
        return dict(zip((field.name for field in self._told), (self.seen.data or "").split(), strict=False))


def _mark(field: Field) -> str:
    return mark_of(str(field.data))


def _is_left(field: Field, mark: str) -> bool:
    """Whether nobody changed it. Of what stands hidden nobody can tell: it is asked about."""
    return not isinstance(field, HiddenField) and not field.process_errors and _mark(field) == mark


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
