from datetime import time
from typing import Any

from wtforms import (
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import AnyOf, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.local_times import clock_time
from app.newsletter.models import CAREER_STAGES, Subscription
from app.newsletter.offer import Topic
from app.newsletter.preferences.departures import LONGEST_WORDS, REASONS
from app.people.forms import (
    Address,
    NameField,
    Offered,
    PlainText,
    PublicForm,
    ZoneField,
    one_kind_of_line_break,
    without_unseen,
)
from app.people.views import safe_next

HERE = "/newsletter/"
PAUSES = (30, 60, 90)
NO_HOUR = SelectChoice("", "No quiet hours")


class TopicsField(SelectMultipleField):
    """A box for each topic on offer. Which there are is asked when the form is made."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        self.topics = Topic.offered()
        super().__init__(label, choices=[SelectChoice(topic.key, topic.label) for topic in self.topics], **kwargs)

    def pre_validate(self, form: Any) -> None:
        offered = {topic.key for topic in self.topics}
        if len(self.data or ()) > len(offered) or not set(self.data or ()) <= offered:
            self.data = []
            raise ValidationError("One of the topics is not on offer. Please choose from these.")


def career_stage() -> SelectField:
    unsaid = SelectChoice("", "I would rather not say")
    stages = [unsaid, *(SelectChoice(key, label) for key, label in CAREER_STAGES.items())]
    known = Offered("Choose one of the stages in the list.")
    return SelectField("Where you are in your career", [known], choices=stages, validate_choice=False, default="")


class SignUpForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])
    first_name = NameField("First name", [Length(max=80, message="80 characters are enough.")])
    career_stage = career_stage()
    topics = TopicsField("Topics")
    source = HiddenField()

    def validate_source(self, field: HiddenField) -> None:
        if field.data and field.data != "/" and not safe_next(field.data):
            field.data = HERE
            raise ValidationError("This form was changed on its way. Please send it again from here.")

    @property
    def page(self) -> str:
        """The page on which the form was filled in."""
        return self.source.data or HERE


class NewLinkForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])


class AddressForm(PublicForm):
    email = EmailField("New address", [InputRequired("Tell us where to write to."), Address()])


class DepartureForm(PublicForm):
    reason = RadioField(
        "What was it?",
        [Optional(), Offered("Choose one of these.")],
        choices=[SelectChoice(key, label) for key, label in REASONS.items()],
        validate_choice=False,
    )
    words = TextAreaField(
        "In your words",
        [Length(max=LONGEST_WORDS, message=f"Please keep it under {LONGEST_WORDS:,} characters."), PlainText()],
        filters=[without_unseen, one_kind_of_line_break],
    )


class PreferencesForm(PublicForm):
    name = NameField("Name", [Length(max=120, message="120 characters are enough.")])
    career_stage = career_stage()
    topics = TopicsField("Topics")


class PauseForm(PublicForm):
    days = StringField("For how long", [AnyOf([str(days) for days in PAUSES], "Choose 30, 60 or 90 days.")])


def hour_of_the_day(label: str) -> SelectField:
    hours = [SelectChoice(str(hour), clock_time(time(hour))) for hour in range(24)]
    known = Offered("Choose one of the hours in the list.")
    return SelectField(label, [known], choices=[NO_HOUR, *hours], validate_choice=False, default="")


class QuietHoursForm(PublicForm):
    from_hour = hour_of_the_day("From")
    to_hour = hour_of_the_day("Until")
    time_zone = ZoneField("Your time zone")

    @classmethod
    def showing(cls, subscription: Subscription) -> "QuietHoursForm":
        """The form as it stands before anything is changed."""
        return cls(
            formdata=None,
            from_hour=_as_choice(subscription.quiet_from_hour),
            to_hour=_as_choice(subscription.quiet_to_hour),
            time_zone=subscription.time_zone,
        )

    def validate_to_hour(self, field: SelectField) -> None:
        if bool(self.from_hour.data) != bool(field.data):
            raise ValidationError("Choose both hours, or neither.")
        if field.data and field.data == self.from_hour.data:
            raise ValidationError("Quiet hours that end when they begin would be the whole day. Pause instead.")

    @property
    def hours(self) -> tuple[int, int] | None:
        """The hours chosen; None for no quiet hours."""
        return (int(self.from_hour.data), int(self.to_hour.data)) if self.from_hour.data else None


def _as_choice(hour: int | None) -> str:
    return "" if hour is None else str(hour)
