from collections.abc import Collection, Sequence
from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.forms import number
from app.enrollment.papers.letter_text import Words
from app.payments.wording import day
from app.people.forms import PlainText, PublicForm, SinglePlainLine, one_kind_of_line_break

ONE_LINE = (Length(max=120), SinglePlainLine())


class CohortOfLetter(RadioField):
    def pre_validate(self, form: Any) -> None:
        if self.data not in form.cohorts:
            raise ValidationError("Choose one of these cohorts.")


class LetterForm(PublicForm):
    """What a letter to a chair needs that the site does not know."""

    name = StringField("Your name", [InputRequired("Tell us the name to sign with."), *ONE_LINE])
    chair = StringField("Your chair's name", [InputRequired("Tell us whom the letter is to."), *ONE_LINE])
    department = StringField("Department", [Optional(), *ONE_LINE])
    cohort = CohortOfLetter("Cohort", [InputRequired("Choose a cohort.")], coerce=number)
    why = TextAreaField(
        "Why this course, in your own words",
        [Optional(), Length(max=1500), PlainText()],
        filters=[one_kind_of_line_break],
    )

    def __init__(self, cohorts: Sequence[Cohort], paid_for: Collection[Cohort] = (), **options: Any) -> None:
        """`paid_for` are those of the cohorts in which somebody else has paid for the seat."""
        super().__init__(**options)
        self.paid_for = paid_for
        self.cohorts = {cohort.id: cohort for cohort in cohorts}
        self.cohort.choices = [(cohort.id, f"{cohort.name}: {cohort.dates}") for cohort in cohorts]

    @property
    def chosen(self) -> Cohort:
        return self.cohorts[self.cohort.data]

    @property
    def words(self) -> Words:
        today = in_zone(now(), self.chosen.time_zone).date()
        return Words(
            name=_one_line(self.name.data),
            chair=_one_line(self.chair.data),
            department=_one_line(self.department.data),
            why=self.why.data or "",
            written_on=day(today),
            is_paid_for=self.chosen in self.paid_for,
        )


def _one_line(typed: str | None) -> str:
    return " ".join((typed or "").split())
