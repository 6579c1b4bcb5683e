from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired

from app.newsletter.in_and_out.csv_reading import ENCODINGS
from app.newsletter.in_and_out.import_rows import BASES
from app.newsletter.in_and_out.import_systems import FIELDS, SYSTEMS

NONE = ""
PREFIX = "column_"


class UploadForm(FlaskForm):
    class Meta:
        csrf = False  # The view checks it itself, once it knows who is there.

    file = FileField("CSV file", [FileRequired("Choose the file that the other system exported.")])


class PlanForm(FlaskForm):
    """How a file is to be read, and on what basis. A field for each column that can be chosen is added; see below."""

    system = SelectField("Exported by", choices=[SelectChoice(key, system.label) for key, system in SYSTEMS.items()])
    encoding = SelectField(
        "Encoding",
        choices=[
            SelectChoice(NONE, "Found out from the file"),
            *(SelectChoice(*each) for each in ENCODINGS.items()),
        ],
        default=NONE,
    )
    basis = RadioField(
        "Why you may write to them",
        [InputRequired("Say why you may write to these people. Without it nobody can be taken in.")],
        choices=[SelectChoice(*each) for each in BASES.items()],
    )

    @property
    def columns(self) -> dict[str, int]:
        """The chosen columns, by field."""
        chosen = {name: self[PREFIX + name].data for name in FIELDS}
        return {name: int(place) for name, place in chosen.items() if place}

    @property
    def column_fields(self) -> list[Any]:
        return [self[PREFIX + name] for name in FIELDS]


def plan_form(header: Sequence[str], **data: Any) -> PlanForm:
    """The form for a file with this header. Without `data` it holds what was sent."""
    choices = [SelectChoice(NONE, "Not in the file")]
    choices += [SelectChoice(str(place), name or f"Column {place + 1}") for place, name in enumerate(header)]

    class Form(PlanForm):
        pass

    for name, label in FIELDS.items():
        required = [InputRequired("Say which column holds the addresses.")] if name == "email" else []
        setattr(Form, PREFIX + name, SelectField(label, required, choices=choices, default=NONE))
    return Form(formdata=None, data=data) if data else Form()
