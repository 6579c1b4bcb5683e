from datetime import datetime, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, IntegerField, RadioField, SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from app.clock import in_zone, now
from app.local_times import SkippedTime, abbreviation, clock_time, instants, zone_choices
from app.people.addresses import InvalidAddress, normalize
from app.studio.letter_fields import line

MOST_TESTS = 5
FURTHEST = timedelta(days=2 * 365)
WHICH = {"first": "The first time", "second": "The second time, an hour later"}


class ScheduleForm(FlaskForm):
    """A time on the owner's clocks, and the instant it means."""

    at = DateTimeLocalField("Day and time", [InputRequired("Say when, such as 2027-03-16 09:30.")])
    time_zone = SelectField("On the clocks of", choices=zone_choices)
    which = RadioField(
        "Which of the two", [Optional()], choices=[SelectChoice(*pair) for pair in WHICH.items()], default=""
    )
    instant: datetime | None = None
    is_doubled = False

    def validate_at(self, field: DateTimeLocalField) -> None:
        if self.time_zone.errors or field.data is None:
            return
        self.instant = self._instant(field.data, str(self.time_zone.data))
        if self.instant <= now():
            raise ValidationError("That time has passed. Choose one that lies ahead, or send it now.")
        if self.instant > now() + FURTHEST:
            raise ValidationError("That is more than two years ahead. Choose a nearer day.")

    def _instant(self, wall: datetime, zone: str) -> datetime:
        try:
            found = instants(wall, zone)
        except SkippedTime as skipped:
            go_on = clock_time(skipped.until)
            raise ValidationError(
                f"The clocks jump over {clock_time(wall)} that day: they go from just before it on to {go_on}. "
                f"The next time there is, is {go_on}."
            ) from None
        except OverflowError:
            raise ValidationError("There is no such day. Choose a nearer one.") from None
        self.is_doubled = len(found) > 1
        if not self.is_doubled:
            return found[0]
        if self.which.data not in WHICH:
            names = " and once as ".join(abbreviation(in_zone(moment, zone)) for moment in found)
            raise ValidationError(
                f"The clocks are set back that day and show {clock_time(wall)} twice, once as {names}. "
                "Say below which of the two you mean."
            )
        return found[list(WHICH).index(self.which.data)]


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
