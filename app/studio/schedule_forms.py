from datetime import datetime, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, IntegerField, RadioField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from app.clock import now
from app.local_times import comes_twice
from app.people.addresses import InvalidAddress, normalize
from app.people.forms import ZoneField
from app.studio.letter_fields import line
from app.studio.wall_times import WHICH, NotSaidWhich, meant

MOST_TESTS = 5
FURTHEST = timedelta(days=2 * 365)


class ScheduleForm(FlaskForm):
    """A time on the owner's clocks, and the instant it means."""

    at = DateTimeLocalField("Day and time", [InputRequired("Say when, such as 2027-03-16 09:30.")])
    time_zone = ZoneField("On the clocks of")
    which = RadioField(
        "Which of the two", [Optional()], choices=[SelectChoice(*pair) for pair in WHICH.items()], default=""
    )
    instant: datetime | None = None
    is_doubled = False

    def validate_at(self, field: DateTimeLocalField) -> None:
        if self.time_zone.errors or field.data is None:
            return
        wall, zone = field.data, str(self.time_zone.data)
        try:
            self.instant = meant(wall, zone, self.which.data)
        except NotSaidWhich:
            self.is_doubled = True
            raise
        self.is_doubled = comes_twice(self.instant, zone)
        if self.instant <= now():
            raise ValidationError("That time has passed. Choose one that lies ahead, or send it now.")
        if self.instant > now() + FURTHEST:
            raise ValidationError("That is more than two years ahead. Choose a nearer day.")


class SendForm(FlaskForm):
    """The number of recipients, typed by whoever sends to them."""

    shown = IntegerField(
        validators=[InputRequired("Look at the number on this page before you send.")], widget=HiddenInput()
    )
    count = StringField("Type that number to send it", [InputRequired("Type how many it goes to.")])

    def show(self, count: int) -> None:
        """Ask for `count`, anew."""
        self.shown.data, self.shown.raw_data = count, None
        self.count.data, self.count.raw_data = "", None

    @property
    def typed(self) -> str:
        return "".join((self.count.data or "").replace(",", "").split())


class TestForm(FlaskForm):
    """Where a test of an issue goes."""

    addresses = StringField("Addresses", [InputRequired("Say where the test should go.")])

    def validate_addresses(self, field: Any) -> None:
        if len(self.chosen) > MOST_TESTS:
            raise ValidationError(f"Up to {MOST_TESTS} addresses at a time.")
        for address in self.chosen:
            try:
                normalize(address)
            except InvalidAddress as problem:
                raise ValidationError(f"{address}: {problem}") from None

    @property
    def chosen(self) -> list[str]:
        """What was typed, an address each, none twice."""
        return list(dict.fromkeys((self.addresses.data or "").replace(",", " ").replace(";", " ").split()))


class PauseForm(FlaskForm):
    reason = line("Reason")
