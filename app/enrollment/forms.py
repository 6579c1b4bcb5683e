from typing import Any

from wtforms import BooleanField, EmailField, IntegerField, RadioField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, ValidationError

from app.enrollment.checkout import REMINDER_WORDING, Wanted
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.people.addresses import normalize
from app.people.forms import Address, NameField, PublicForm

MOST_SEATS = 50
HOW_MANY = f"Say how many seats: 1 for yourself, or up to {MOST_SEATS} for a department."


def number(typed: Any) -> int:
    """The number of a cohort; one that no cohort has, for anything else."""
    text = str(typed)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class CohortField(RadioField):
    def pre_validate(self, form: Any) -> None:
        if self.data not in form.cohort_ids:
            raise ValidationError("Choose one of the cohorts that are open.")


class SeatsField(IntegerField):
    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = number(valuelist[0].strip()) if valuelist and valuelist[0].strip() else None


class CheckoutForm(PublicForm):
    cohort = CohortField("Cohort", [InputRequired("Choose a cohort.")], coerce=number)
    name = NameField("Your name", [DataRequired("Tell us your name."), Length(max=120)])
    email = EmailField("E-mail", [InputRequired("Tell us where to send your receipt and link."), Address()])
    seats = SeatsField("Seats", [InputRequired(HOW_MANY), NumberRange(1, MOST_SEATS, HOW_MANY)], default=1)
    organization = NameField("Department or organization", [Length(max=120)])
    reminder = BooleanField(REMINDER_WORDING)
    again = BooleanField("Once more, for a place that is on hold")  # They have read what follows from that.

    def __init__(self, course: Course, **options: Any) -> None:
        super().__init__(**options)
        self.cohort_ids = {cohort.id for cohort in course.cohorts_on_sale}
        self.cohort.choices = [(cohort.id, cohort.name) for cohort in course.cohorts_on_sale]

    @property
    def is_for_department(self) -> bool:
        """Whether more is asked for, or said, than what somebody fills in who buys for themselves."""
        return self.seats.data != 1 or bool(self.organization.data or self.seats.errors or self.organization.errors)

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            self.cohort.data,
            normalize(self.email.data or ""),
            self.name.data or "",
            self.seats.data or 1,
            self.organization.data or "",
            self.reminder.data,
        )

    def refuse_seats(self, full: Cohort) -> None:
        """Say how many there are, when there are fewer than asked for."""
        left = full.seats_left
        self.seats.errors = [
            f"{full.name} has only {left} {'seat' if left == 1 else 'seats'} left. Ask for fewer, or another cohort."
        ]
