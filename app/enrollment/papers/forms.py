from collections.abc import Collection, Sequence
from typing import Any

from wtforms import RadioField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.forms import number
from app.enrollment.papers.letter_text import Words
from app.payments.wording import day
from app.people.forms import LineField, PublicForm, free_text


class CohortOfLetter(RadioField):
    def pre_validate(self, form: Any) -> None:
        if self.data not in form.cohorts:
            raise ValidationError("Choose one of these cohorts.")


class LetterForm(PublicForm):
    """What a letter to a chair needs that the site does not know."""

    name = LineField("Your name", [DataRequired("Tell us the name to sign with."), Length(max=120)])
    chair = LineField("Your chair's name", [DataRequired("Tell us whom the letter is to."), Length(max=120)])
    department = LineField("Department", [Length(max=120)])
    cohort = CohortOfLetter("Cohort", [InputRequired("Choose a cohort.")], coerce=number)
    why = free_text("Why this course, in your own words", 1500, Optional())

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
            name=self.name.data or "",
            chair=self.chair.data or "",
            department=self.department.data or "",
            why=self.why.data or "",
            written_on=day(today),
            is_paid_for=self.chosen in self.paid_for,
        )
