from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, Field, HiddenField, IntegerField
from wtforms.validators import DataRequired, InputRequired, ValidationError
from wtforms.widgets import HiddenInput

from app.newsletter.issues.drafting import problems_of_body, problems_of_line
from app.studio.letter_fields import line, text


class Sound:
    """Refuses what would not come out as it is meant, naming each part that has to be mended."""

    def __init__(self, problems: Callable[[str], list[str]]) -> None:
        self.problems = problems

    def __call__(self, form: Any, field: Field) -> None:
        if problems := self.problems(field.data):
            raise ValidationError(" ".join(problems))


class NewIssueForm(FlaskForm):
    title = line("Title", DataRequired("Give it a title. You can change it later."))


class IssueForm(FlaskForm):
    """The texts of an issue, and the revision of it that was read before they were written."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired("Load the page again, then save.")])
    title = line("Title", DataRequired("Give it a title."))
    subject = line("Subject", Sound(problems_of_line))
    preview = line("Preview text", Sound(problems_of_line))
    sender_name = line("Sender name", most=120)
    body = text("Text", Sound(problems_of_body))
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
    alt = line("What the picture shows", most=300)
    # The mark of the cover that was there when the form was opened.
    seen = HiddenField()
    # The path of a picture that was sent before and is not saved as the cover yet: a browser sends no file twice.
    sent = HiddenField()
