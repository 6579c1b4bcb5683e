from typing import Any

from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # Newer than its types.
from wtforms.validators import DataRequired

from app.enrollment.models import Course
from app.studio.letter_fields import line, paragraph
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
    coaching = paragraph("How learners book the included coaching", most=500)
    refund_policy = paragraph(
        "If plans change", DataRequired("Say when money is given back. Buyers read it before they pay."), most=2000
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
        course.coaching, course.refund_policy = self.coaching.data or "", self.refund_policy.data or ""
