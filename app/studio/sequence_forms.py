from typing import Any

from wtforms import Field, HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import DataRequired, NumberRange, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.followups.merge import FIELDS, fields_after, unfilled_in
from app.followups.models import (
    ABANDONED,
    COMPLETED,
    ENROLLED,
    LONGEST_TAG,
    MISSED,
    REQUESTED,
    SIGN_UP,
    STOPS,
    TAG,
    TEN_YEARS,
    Sequence,
    tag_name,
)
from app.front_matter import unsafe_link
from app.people.forms import Form
from app.studio.letter_fields import line, text

IN_WORDS = {
    "": "Nothing, so nobody enters it",
    SIGN_UP: "Somebody confirms a subscription",
    TAG: "A subscriber gets a tag",
    REQUESTED: "Somebody asks for a consultation",
    COMPLETED: "A consultation has taken place",
    MISSED: "A consultation was missed",
    ABANDONED: "A checkout is left unpaid, if the buyer agreed to be reminded",
    ENROLLED: "Somebody enrolls in the course",
}


def safe_links(form: Any, field: Field) -> None:
    if found := unsafe_link(field.data):
        raise ValidationError(f"The text holds the link {found}… Links begin with https://, mailto: or /.")


def filled_fields(form: "StepForm", field: Field) -> None:
    """Refuses a merge field that stands for nothing in this sequence, and says which ones do."""
    starts_on = form.sequence.starts_on
    if (found := unfilled_in(starts_on, field.data)) is None:
        return
    why = "What starts this sequence does not fill" if found in FIELDS else "There is no merge field"
    offered = ", ".join(f"{{{name}}}" for name in fields_after(starts_on))
    raise ValidationError(f"{why} {{{found}}}. There are {offered}.")


class SequenceForm(Form):
    """What starts and stops a sequence. Lock a sequence that is there already before it is validated."""

    title = line("Title", DataRequired("Give it a title. Only you see it."))
    starts_on = SelectField("It starts when", choices=[SelectChoice(*each) for each in IN_WORDS.items()])
    start_tag = line("Which tag", most=LONGEST_TAG)
    stops_on = SelectMultipleField(
        "It stops when",
        choices=[SelectChoice(event, IN_WORDS[event]) for event in STOPS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    note = text("Note to yourself", safe_links)

    def __init__(self, sequence: Sequence | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.letters = sequence.letters if sequence else []

    def validate_starts_on(self, field: SelectField) -> None:
        for letter in self.letters:
            found = unfilled_in(field.data, letter.subject, letter.preview, letter.body)
            if found is not None:
                raise ValidationError(
                    f"This start does not fill {{{found}}}, which the letter “{letter.subject}” holds. "
                    "Take it out of that letter first. If nobody shall enter for now, switch the sequence off instead."
                )

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


class StepForm(Form):
    """A letter, and the version of its sequence that was read before it was written."""

    version = HiddenField()
    subject = line("Subject", DataRequired("A letter needs a subject."), filled_fields)
    preview = line("Preview text", filled_fields)
    days = IntegerField("Days", [NumberRange(0, TEN_YEARS // 24 - 1, "Write a number of days, from 0 on.")], default=0)
    hours = IntegerField("Hours", [NumberRange(0, 23, "Write a number of hours, from 0 to 23.")], default=0)
    body = text("Text", DataRequired("Write the letter."), safe_links, filled_fields)

    def __init__(self, sequence: Sequence, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sequence = sequence

    @property
    def texts(self) -> dict[str, Any]:
        """What was typed, by the fields of a Letter."""
        delay_hours = (self.days.data or 0) * 24 + (self.hours.data or 0)
        return {name: self[name].data or "" for name in ("subject", "preview", "body")} | {"delay_hours": delay_hours}

    @property
    def version_read(self) -> int:
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
