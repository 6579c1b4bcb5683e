from typing import Any

from wtforms import EmailField, HiddenField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.newsletter.offer import Topic
from app.people.forms import Address, PublicForm, SinglePlainLine
from app.people.views import safe_next

HERE = "/newsletter/"


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


class SignUpForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])
    first_name = StringField("First name", [Length(max=80, message="80 characters are enough."), SinglePlainLine()])
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


class PreferencesForm(PublicForm):
    name = StringField("Name", [Length(max=120, message="120 characters are enough."), SinglePlainLine()])
    topics = TopicsField("Topics")
