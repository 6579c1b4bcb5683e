from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    Field,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.clock import now
from app.coaching import patient_information
from app.coaching.models import BOOKING_WINDOW, MINIMUM_NOTICE, Consultation, Times, Wish
from app.coaching.offer import CoachingOffer
from app.local_times import SkippedTime, clock_time, instant, zone_choices
from app.people.addresses import normalize
from app.people.forms import Address, Offered, PlainText, PublicForm, SinglePlainLine, one_kind_of_line_break

MOST_TOPICS = 5
NOT_A_TIME = "Give the day and the time, such as 2027-03-16 19:30."
PAST = "That time has passed. Choose one at least a day from now."
TOO_SOON = "That is less than a day from now. Choose a time at least 24 hours ahead, so that the coach can answer."
TOO_FAR = f"That is too far ahead. Choose a time within the next {BOOKING_WINDOW.days} days."
NO_TIMES = "Give at least one time that suits you, or tick that you have no preference."


class NoPatientInformation:
    """Stops what looks like a record number or a date of birth, and says so without a reproach."""

    def __call__(self, form: Any, field: Field) -> None:
        if what := patient_information.found_in(field.data or ""):
            raise ValidationError(
                f"This looks as if it holds {what}. Please take out anything that could point to a patient; "
                "the situation is enough. What you wrote is still here."
            )


def free_text(label: str, most: int) -> TextAreaField:
    too_long = f"That is a little long. Please keep it under {most:,} characters; what you wrote is still here."
    checks = [Length(max=most, message=too_long), PlainText(), NoPatientInformation()]
    return TextAreaField(label, checks, filters=[one_kind_of_line_break])


def preferred_time(label: str) -> DateTimeLocalField:
    # Browsers send minutes; some add seconds.
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    return DateTimeLocalField(label, [Optional()], format=formats, invalid_value_message=NOT_A_TIME)  # type: ignore[call-arg]


class Who:
    """Who asks, and about what."""

    name = StringField(
        "Your name",
        [InputRequired("Tell us what to call you."), Length(max=120, message="Please use a shorter form of your name."),
         SinglePlainLine()],
    )  # fmt: skip
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])
    career_stage = SelectField(
        "Where you are in your career",
        [InputRequired("Choose what comes closest."), Offered("Choose one of the stages in the list.")],
        validate_choice=False,
    )
    topics = SelectMultipleField(
        "What you would like to talk about",
        [Offered("One of the topics is not on offer. Please choose from these.")],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class Details:
    """What may be changed later."""

    goals = free_text("What would make the conversation worth your time?", 2000)
    time_zone = SelectField(
        "Your time zone",
        [InputRequired("Choose your time zone."), Offered("Choose one of the time zones in the list.")],
        validate_choice=False,
    )
    time_1 = preferred_time("First choice")
    time_2 = preferred_time("Second choice")
    time_3 = preferred_time("Third choice")
    no_preference = BooleanField("I have no preference: suggest a time")


class DetailsForm(Details, PublicForm):
    def __init__(self, agreed: Times | None = None, **kwargs: Any) -> None:
        """`agreed` are times that were taken before: they may stay, however near they have come."""
        super().__init__(**kwargs)
        self.agreed = agreed
        self.time_zone.choices = zone_choices()

    @classmethod
    def showing(cls, consultation: Consultation) -> "DetailsForm":
        """The form as it stands before anything is changed."""
        shown: dict[str, Any] = {f"time_{time.position}": time.wall for time in consultation.preferred_times}
        shown |= {name: getattr(consultation, name) for name in ("goals", "time_zone", "no_preference")}
        return cls(formdata=None, **shown)

    @property
    def time_fields(self) -> list[DateTimeLocalField]:
        return [self.time_1, self.time_2, self.time_3]

    def validate(self, extra_validators: Any = None) -> bool:
        """Checks each field, then each time on the clocks of the chosen zone."""
        valid = super().validate(extra_validators)
        if self.time_zone.errors:
            return False
        for field in self.time_fields:
            if field.data and (problem := self._problem_with(field.data)):
                field.errors, valid = [problem], False
        if not self._walls and not self.no_preference.data and not any(field.errors for field in self.time_fields):
            self.time_1.errors, valid = [NO_TIMES], False
        return bool(valid)

    def _problem_with(self, wall: datetime) -> str | None:
        zone = self.time_zone.data
        if self.agreed and zone == self.agreed.time_zone and wall in self.agreed.walls:
            return None
        return _problem_with(wall, zone)

    @property
    def _walls(self) -> tuple[datetime, ...]:
        """The times given, each once, in the order of preference."""
        given = (field.data.replace(second=0) for field in self.time_fields if field.data)
        return tuple(dict.fromkeys(given))

    @property
    def times(self) -> Times:
        return Times(self.time_zone.data, self._walls, self.no_preference.data)


class RequestForm(Who, DetailsForm):
    newsletter = BooleanField("Send me the newsletter too")

    def __init__(self, offer: CoachingOffer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.topics.choices = [(topic["key"], topic["label"]) for topic in offer.topics]
        stages = [(stage["key"], stage["label"]) for stage in offer.career_stages]
        self.career_stage.choices = [("", "Choose one"), *stages]

    def validate_topics(self, field: Field) -> None:
        field.data = list(dict.fromkeys(field.data or []))
        if not field.data:
            raise ValidationError("Choose at least one topic.")
        if len(field.data) > MOST_TOPICS:
            raise ValidationError(f"Choose up to {MOST_TOPICS} topics: those that matter most now.")

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")

    @property
    def wish(self) -> Wish:
        name = " ".join((self.name.data or "").split())
        return Wish(name, self.career_stage.data, tuple(self.topics.data or ()), self.goals.data or "", self.times)


class CancellationForm(PublicForm):
    reason = free_text("Anything we should know?", 500)


class LinksForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us the address you used."), Address()])

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")


def _problem_with(wall: datetime, zone: str) -> str | None:
    """Why `wall` on the clocks of `zone` cannot be a preferred time, in words for the person."""
    # Far-off years first: their instants may lie outside the calendar Python knows.
    if abs(wall - now().replace(tzinfo=None)) > 2 * BOOKING_WINDOW:
        return TOO_FAR if wall > now().replace(tzinfo=None) else PAST
    try:
        starts_at = instant(wall, zone)
    except SkippedTime as skipped:
        go_on = clock_time(skipped.until)
        return (
            f"The clocks of your zone jump over {clock_time(wall)} that day and go on at {go_on}. "
            f"Choose {go_on} or later, or a time before the jump."
        )
    if starts_at <= now():
        return PAST
    if starts_at < now() + MINIMUM_NOTICE:
        return TOO_SOON
    return TOO_FAR if starts_at > now() + BOOKING_WINDOW else None
