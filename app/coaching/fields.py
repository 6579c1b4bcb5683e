"""The fields of coaching's forms that are no form's alone, and what they check."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from markupsafe import Markup
from wtforms import Field
from wtforms.validators import DataRequired, Length, ValidationError
from wtforms.widgets import Select, html_params

from app.local_times import is_listed, offered_zones, zone_choices, zone_label
from app.people.forms import NameField

UNKNOWN_SLOT = "That is not one of the times on offer. Choose one of those shown."


def slot_value(starts_at: datetime) -> str:
    """What a form calls a free time: such as "2027-03-16T13:30Z"."""
    return f"{starts_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def slot_start(value: str) -> datetime:
    """The time that `value` names. Raises ValidationError."""
    try:
        start = datetime.strptime(value, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValidationError(UNKNOWN_SLOT) from None
    if slot_value(start) != value:  # Digits can be written in many ways, and zeros left out.
        raise ValidationError(UNKNOWN_SLOT)
    return start


def name_of_person() -> NameField:
    short = Length(max=120, message="Please use a shorter form of your name.")
    return NameField("Your name", [DataRequired("Tell us what to call you."), short])


class OfferedZone:
    def __call__(self, form: Any, field: Field) -> None:
        if field.data not in offered_zones():
            raise ValidationError("Choose one of the time zones in the list.")


class ZoneSelect(Select):
    """Writes the options once for all pages: there are hundreds of them."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        marked = f'<option value="{field.data}"' if field.data in offered_zones() else ""
        options = _zone_options()
        if marked:
            if not is_listed(field.data):  # An older name: it stands there as itself.
                options = f'<option value="{field.data}">{zone_label(field.data)}</option>{options}'
            options = options.replace(marked, f"{marked} selected", 1)
        attributes = html_params(name=field.name, id=field.id, required=True, **kwargs)
        return Markup(f"<select {attributes}>{options}</select>")  # noqa: S704 - escaped by those who made the parts.


@cache
def _zone_options() -> str:
    group, option = Markup('<optgroup label="{}">{}</optgroup>'), Markup('<option value="{}">{}</option>')
    groups = (
        group.format(region, Markup("").join(option.format(*zone) for zone in zones))
        for region, zones in zone_choices().items()
    )
    return "".join(map(str, groups))
