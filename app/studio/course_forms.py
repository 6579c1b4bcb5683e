from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import DataRequired, Length

from app.enrollment.models import Course
from app.people.forms import PlainText, one_kind_of_line_break
from app.studio.letter_fields import line
from app.studio.money import Price, in_units
from app.studio.seen_form import SeenForm

TAXES = {
    "none": "Stripe works out no tax",
    "exclusive": "Stripe adds the tax to the price",
    "inclusive": "The price has the tax in it",
}


class CourseForm(SeenForm):
    """What is the same for every cohort: the price, the tax, and three statements."""

    price = Price("Price of a seat")
    tax = RadioField("Tax", choices=[SelectChoice(*pair) for pair in TAXES.items()])
    credit_statement = line("About CME credit", DataRequired("Say plainly whether there is credit."), most=500)
    coaching = TextAreaField(
        "How learners book the included coaching",
        [Length(max=500, message="500 characters are enough."), PlainText()],
        filters=[one_kind_of_line_break],
    )
    refund_policy = TextAreaField(
        "If plans change",
        [
            DataRequired("Say when money is given back. Buyers read it before they pay."),
            Length(max=2000, message="2,000 characters are enough."),
            PlainText(),
        ],
        filters=[one_kind_of_line_break],
    )

    @classmethod
    def showing(cls, course: Course) -> "CourseForm":
        return cls(formdata=None, obj=course, price=in_units(course.price_cents))

    def validate(self, extra_validators: Any = None) -> bool:
        """Also say of a tax that is none of the three what to do."""
        valid: bool = super().validate(extra_validators)
        if self.tax.errors:
            self.tax.errors = ["Choose one of the three."]
        return valid

    def fill(self, course: Course) -> None:
        """Let `course` be as was typed."""
        course.price_cents, course.tax = self.price.cents or 0, self.tax.data
        course.credit_statement = self.credit_statement.data or ""
        course.coaching = " ".join((self.coaching.data or "").split())
        course.refund_policy = " ".join((self.refund_policy.data or "").split())
