from typing import Any

from wtforms import BooleanField, EmailField, IntegerField, RadioField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError

from app.enrollment.checkout import REMINDER_WORDING
from app.enrollment.models import Course
from app.people.forms import Address, PublicForm, SinglePlainLine

ONE_SEAT = "Please buy one seat at a time."


def number(typed: Any) -> int:
    """The number of a cohort; one that no cohort has, for anything else."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class CohortField(RadioField):
    def pre_validate(self, form: Any) -> None:
        if self.data not in form.cohort_ids:
            raise ValidationError("Choose one of the cohorts that are open.")


class CheckoutForm(PublicForm):
    cohort = CohortField("Cohort", [InputRequired("Choose a cohort.")], coerce=number)
    name = StringField("Your name", [InputRequired("Tell us your name."), Length(max=120), SinglePlainLine()])
    email = EmailField("E-mail", [InputRequired("Tell us where to send your receipt and link."), Address()])
    seats = IntegerField("Seats", [InputRequired(ONE_SEAT), AnyOf([1], ONE_SEAT)], default=1)
    reminder = BooleanField(REMINDER_WORDING)

    def __init__(self, course: Course, **options: Any) -> None:
        super().__init__(**options)
        self.cohort_ids = {cohort.id for cohort in course.cohorts_on_sale}
        self.cohort.choices = [(cohort.id, cohort.name) for cohort in course.cohorts_on_sale]
