from collections.abc import Sequence
from typing import Any

from wtforms import EmailField
from wtforms.validators import DataRequired, InputRequired, Length

from app.enrollment.cohorts import Cohort
from app.enrollment.forms import CohortField, number
from app.people.addresses import normalize
from app.people.forms import Address, NameField, PublicForm


class NameForm(PublicForm):
    """The name that is to stand on the receipt."""

    name = NameField("Your name", [DataRequired("Tell us your name."), Length(max=120)])

    @property
    def typed_name(self) -> str:
        return self.name.data or ""


class WaitlistForm(NameForm):
    cohort = CohortField("Cohort", [InputRequired("Choose a cohort.")], coerce=number)
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])

    def __init__(self, full: Sequence[Cohort], **options: Any) -> None:
        super().__init__(**options)
        self._full = full
        self.cohort_ids = {cohort.id for cohort in full}
        self.cohort.choices = [(cohort.id, cohort.name) for cohort in full]

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")
