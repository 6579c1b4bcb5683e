from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import DataRequired, Length, NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.followups.merge import FIELDS, unknown_fields
from app.followups.models import (
    ABANDONED,
    COMPLETED,
    ENROLLED,
    LONGEST_TAG,
    REQUESTED,
    SIGN_UP,
    STOPS,
    TAG,
    TEN_YEARS,
    Sequence,
    tag_name,
)
from app.front_matter import unsafe_link
from app.people.forms import PlainText, SinglePlainLine, one_kind_of_line_break

LONGEST_BODY = 100_000
IN_WORDS = {
    "": "Nothing, so nobody enters it",
    SIGN_UP: "Somebody confirms a subscription",
    TAG: "A subscriber gets a tag",
    REQUESTED: "Somebody asks for a consultation",
    COMPLETED: "A consultation has taken place",
    ABANDONED: "A checkout is left unpaid, if the buyer agreed to a reminder",
    ENROLLED: "Somebody enrolls in the course",
}


def _line(label: str, *validators: Any, most: int = 200) -> StringField:
    length = Length(max=most, message=f"{most} characters are enough.")
    return StringField(label, [*validators, length, SinglePlainLine()], filters=[lambda text: (text or "").strip()])


def _text(label: str, *validators: Any) -> TextAreaField:
    length = Length(max=LONGEST_BODY, message="A letter this long is cut off by mail programs.")
    return TextAreaField(label, [*validators, length, PlainText(), safe_links], filters=[one_kind_of_line_break])


def safe_links(form: Any, field: Field) -> None:
    if found := unsafe_link(field.data):
        raise ValidationError(f"The text holds the link {found}… Links begin with https://, mailto: or /.")


def known_fields(form: Any, field: Field) -> None:
    if unknown := unknown_fields(field.data):
        known = ", ".join(f"{{{name}}}" for name in sorted(FIELDS))
        raise ValidationError(f"There is no merge field {{{unknown[0]}}}. There are {known}.")


class SequenceForm(FlaskForm):
    title = _line("Title", DataRequired("Give it a title. Only you see it."))
    starts_on = SelectField("It starts when", choices=[SelectChoice(*each) for each in IN_WORDS.items()])
    start_tag = StringField(
        "Which tag", [Length(max=LONGEST_TAG, message="60 characters are enough."), SinglePlainLine()]
    )
    stops_on = SelectMultipleField(
        "It stops when",
        choices=[SelectChoice(event, IN_WORDS[event]) for event in STOPS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    note = _text("Note to yourself")

    def validate_start_tag(self, field: StringField) -> None:
        if self.starts_on.data != TAG:
            return
        field.data = tag_name(field.data or "")
        if not field.data:
            raise ValidationError("Say which tag starts it.")

    def fill(self, sequence: Sequence) -> None:
        """Let `sequence` be as was chosen."""
        sequence.title, sequence.note = self.title.data or "", self.note.data or ""
        sequence.stops_on = [event for event in STOPS if event in (self.stops_on.data or ())]
        tag = self.start_tag.data or ""
        sequence.start_on(self.starts_on.data, tag if self.starts_on.data == TAG else "")


class StepForm(FlaskForm):
    """A letter, and the version of the sequence that was read before it was written."""

    version = HiddenField()
    subject = _line("Subject", DataRequired("A letter needs a subject."), known_fields)
    preview = _line("Preview text", known_fields)
    days = IntegerField("Days", [NumberRange(0, TEN_YEARS // 24 - 1, "Write a number of days, from 0 on.")], default=0)
    hours = IntegerField("Hours", [NumberRange(0, 23, "Write a number of hours, from 0 to 23.")], default=0)
    body = _text("Text", DataRequired("Write the letter."), known_fields)

    @property
    def texts(self) -> dict[str, Any]:
        """What was typed, by the fields of a Letter."""
        delay_hours = (self.days.data or 0) * 24 + (self.hours.data or 0)
        return {name: self[name].data or "" for name in ("subject", "preview", "body")} | {"delay_hours": delay_hours}

    @property
    def version_read(self) -> int:
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
