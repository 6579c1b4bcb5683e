from datetime import date
from typing import Any

from wtforms import BooleanField, Field, SelectField, StringField
from wtforms.validators import DataRequired, Optional, ValidationError

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.local_times import zone_choices
from app.people.forms import Offered
from app.studio.dates_forms import Day
from app.studio.letter_fields import line
from app.studio.money import Price, in_units
from app.studio.number_fields import WholeNumber
from app.studio.seen_form import SeenForm

NAME_TAKEN = "Another cohort has this name. Choose one that tells them apart."
DAYS = ("starts_on", "ends_on", "sales_from", "sales_until", "early_until")
AS_TYPED = ("name", "time_zone", "sessions", "seats", "early_seats", "sales_open", "opens_weekly", "is_sample", *DAYS)


class CohortForm(SeenForm):
    """When a cohort runs, who may buy a seat in it from when, and for how much."""

    name = line("Name", DataRequired("Give it a name, such as Spring 2027. Buyers choose by it."), most=120)
    starts_on = Day("First day", [Optional()])
    ends_on = Day("Last day", [Optional()])
    time_zone = SelectField("Time zone", [Offered("Choose one of the time zones in the list.")], validate_choice=False)
    sessions = line("Live sessions", most=500)
    seats = WholeNumber("Seats", 1, 9999, may_be_empty=True)
    sales_open = BooleanField("It is for sale")
    sales_from = Day("Sales open on", [Optional()])
    sales_until = Day("Last day of sales", [Optional()])
    price = Price("Price", may_be_empty=True)
    early_price = Price("Early price", may_be_empty=True)
    early_until = Day("Early price until", [Optional()])
    early_seats = WholeNumber("Early price for the first so many seats", 1, 9999, may_be_empty=True)
    opens_weekly = BooleanField("Modules open week by week")
    is_sample = BooleanField("These are sample dates")

    def __init__(self, course: Course, cohort: Cohort | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.course, self.cohort = course, cohort
        self.time_zone.choices = zone_choices()

    @classmethod
    def showing(cls, cohort: Cohort) -> "CohortForm":
        """The form as it stands before anything is changed."""
        prices = {"price": cohort.price_cents, "early_price": cohort.early_price_cents}
        typed = {name: "" if cents is None else in_units(cents) for name, cents in prices.items()}
        return cls(cohort.course, cohort, formdata=None, obj=cohort, **typed)

    def validate(self, extra_validators: Any = None) -> bool:
        """Also when the first day is left out, refuse to close what is open."""
        if not super().validate(extra_validators):
            return False
        cohort, first, zone = self.cohort, self.starts_on.data, self.time_zone.data
        if not (cohort and self.opens_weekly.data and Enrollment.would_lose_weeks(cohort, first, zone)):
            return True
        why = "Modules that are open already to those who have a place in it would close again"
        if first == cohort.starts_on:
            self.time_zone.errors = [f"{why}, for some hours. Leave the zone as it was, or change it on another day."]
        else:
            self.starts_on.errors = [f"{why}. Leave the first day as it was, or choose an earlier one."]
        return False

    def validate_name(self, field: StringField) -> None:
        others = [other.name.casefold() for other in self.course.cohorts if other is not self.cohort]
        if (field.data or "").casefold() in others:
            raise ValidationError(NAME_TAKEN)

    def validate_starts_on(self, field: Day) -> None:
        if not self.ends_on.data:
            raise ValidationError("Say the last day too; or leave out both, for a cohort at one's own pace.")

    def validate_ends_on(self, field: Day) -> None:
        if not self.starts_on.data:
            raise ValidationError("Say the first day too; or leave out both, for a cohort at one's own pace.")
        self._refuse_before(field, self.starts_on.data, "The last day comes before the first.")

    def validate_seats(self, field: WholeNumber) -> None:
        if self.cohort is None or field.data is None:
            return
        taken = self.cohort.seats_taken
        if field.data < taken:
            raise ValidationError(
                f"{taken} are taken: by who paid, who is paying, and who was offered one. Write {taken} or more."
            )

    def validate_opens_weekly(self, field: BooleanField) -> None:
        if field.data and self.cohort and not self.cohort.opens_weekly and Enrollment.is_anybody_in(self.cohort):
            raise ValidationError(
                "Every module is open already to those who have a place in it, and nothing is closed to them again. "
                "Leave this unticked; another cohort can open week by week."
            )

    def validate_sales_until(self, field: Day) -> None:
        self._refuse_before(field, self.sales_from.data, "Sales would end before they open.")
        if field.data and self.starts_on.data and field.data >= self.starts_on.data:
            raise ValidationError("Sales end when the cohort begins. Choose a day before its first, or leave this out.")

    def validate_early_price(self, field: Price) -> None:
        if field.errors or self.price.errors:
            return
        early, regular = field.cents, self.course.price_cents if self.price.cents is None else self.price.cents
        if not (self.early_until.data or self.early_seats.data):
            raise ValidationError("Say until which day it holds, for how many seats, or both.")
        if early is not None and early >= regular:
            raise ValidationError(f"The early price has to be less than {in_units(regular)}, the price afterwards.")

    def validate_early_until(self, field: Day) -> None:
        self._refuse_end_of_nothing(field)

    def validate_early_seats(self, field: WholeNumber) -> None:
        self._refuse_end_of_nothing(field)

    def _refuse_end_of_nothing(self, field: Field) -> None:
        if field.data and not (self.early_price.data or "").strip():
            raise ValidationError("Write the early price too, or leave this out.")

    @staticmethod
    def _refuse_before(field: Day, first: date | None, words: str) -> None:
        if field.data and first and field.data < first:
            raise ValidationError(f"{words} Choose the same day or a later one.")

    def fill(self, cohort: Cohort) -> None:
        """Let `cohort` be as was typed."""
        for name in AS_TYPED:
            setattr(cohort, name, self[name].data)
        cohort.price_cents, cohort.early_price_cents = self.price.cents, self.early_price.cents
