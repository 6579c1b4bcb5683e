from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError
from wtforms.widgets import HiddenInput

from app.newsletter.issues.drafting import problems_of_body, problems_of_line
from app.people.forms import PlainText, SinglePlainLine, one_kind_of_line_break

LONGEST_BODY = 100_000


def _line(label: str, most: int, *validators: Any) -> StringField:
    length = Length(max=most, message=f"{most} characters are enough.")
    return StringField(label, [*validators, length, SinglePlainLine()], filters=[lambda text: (text or "").strip()])


class Sound:
    """Refuses what would not come out as it is meant, naming each part that has to be mended."""

    def __init__(self, problems: Callable[[str], list[str]]) -> None:
        self.problems = problems

    def __call__(self, form: Any, field: Field) -> None:
        if problems := self.problems(field.data):
            raise ValidationError(" ".join(problems))


class NewIssueForm(FlaskForm):
    title = _line("Title", 200, DataRequired("Give it a title. You can change it later."))


class IssueForm(FlaskForm):
    """The texts of an issue, and the revision of it that was read before they were written."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired("Load the page again, then save.")])
    title = _line("Title", 200, DataRequired("Give it a title."))
    subject = _line("Subject", 200, Sound(problems_of_line))
    preview = _line("Preview text", 200, Sound(problems_of_line))
    sender_name = _line("Sender name", 120)
    body = TextAreaField(
        "Text",
        [Length(max=LONGEST_BODY, message="A letter this long is cut off by mail programs."), PlainText(),
         Sound(problems_of_body)],
        filters=[one_kind_of_line_break],
    )  # fmt: skip
    is_public = BooleanField("Show it in the public archive once it is sent")

    TEXTS = ("title", "subject", "preview", "sender_name", "body", "is_public")

    def follow(self, revision: int) -> None:
        """Stand on `revision`: what is typed here is written after having seen it."""
        self.revision.data, self.revision.raw_data = revision, None

    @property
    def texts(self) -> dict[str, Any]:
        """What was typed, by column."""
        return {name: self[name].data for name in self.TEXTS}


class CoverForm(FlaskForm):
    class Meta:
        csrf = False  # The view checks the token itself, once it knows who sends so much.

    picture = FileField("Picture")
    alt = _line("What the picture shows", 300)
