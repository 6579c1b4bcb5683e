from typing import Any

from wtforms import EmailField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from app.enrollment.department.pasted import Invited, NoAddress, addresses_in
from app.enrollment.forms import MOST_SEATS
from app.people.addresses import normalize
from app.people.forms import Address, NameField, PublicForm


class InvitationsForm(PublicForm):
    invited: list[Invited]
    addresses = TextAreaField(
        "E-mail addresses",
        [
            InputRequired("Write or paste at least one address."),
            Length(max=20000, message="Please paste fewer at once."),
        ],
    )

    def validate_addresses(self, field: Any) -> None:
        try:
            self.invited = addresses_in(field.data)
        except NoAddress as none:
            raise ValidationError(str(none)) from None
        if not self.invited:
            raise ValidationError("Write or paste at least one address.")
        if len(self.invited) > MOST_SEATS:
            raise ValidationError(f"Please invite up to {MOST_SEATS} people at once.")


class ClaimForm(PublicForm):
    name = NameField(
        "Your name",
        [
            DataRequired("Tell us your name: it stands on your certificate."),
            Length(max=120, message="Please use a shorter form of your name."),
        ],
    )
    email = EmailField("E-mail", [InputRequired("Tell us where to send your way in."), Address()])

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")

    @property
    def typed_name(self) -> str:
        return self.name.data or ""


class DepartmentLinksForm(PublicForm):
    email = EmailField("E-mail", [InputRequired("Tell us where to write to."), Address()])

    @property
    def address(self) -> str:
        return normalize(self.email.data or "")
