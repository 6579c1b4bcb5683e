import uuid
from typing import Any

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Regexp

from app.enrollment.orders import Order
from app.payments.refunds import Refund
from app.payments.wording import money
from app.studio.money import HOW, MONEY, cents_of, in_units


class RefundForm(FlaskForm):
    """How much of an order's payment to give back. The key tells two presses of one button from two wishes."""

    amount = StringField("Give back", [InputRequired("Write how much."), Regexp(MONEY, message=HOW)])
    key = HiddenField(validators=[Regexp(r"[0-9a-f]{32}\Z", message="Please load the page again.")])
    left = HiddenField()  # Cents that could be given back when the page was shown.

    @classmethod
    def of(cls, order: Order, *, is_sent: bool = False) -> "RefundForm":
        """The form as it was sent, or with all that is left of the payment."""
        if is_sent:
            return cls()
        left = Refund.left_of(order) if order.paid_at else 0
        return cls(formdata=None, amount=in_units(left), key=uuid.uuid4().hex, left=left)

    def was_overtaken(self, order: Order) -> bool:
        """Whether some of it was given back since the page was shown, which it then says; sent once more, it holds."""
        left = str(Refund.left_of(order))
        if self.left.data == left or Refund.was_asked_for(self.key.data or ""):
            return False
        words = f"Meanwhile, what is left has changed: it is {money(int(left), order.currency)} now."
        if self.cents <= int(left):
            words += f" Send this once more to give back {money(self.cents, order.currency)} of it as well."
        self.amount.errors = [words]
        self.left.data = left
        return True

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        if self.cents <= 0:
            self.amount.errors = [HOW]
        return self.cents > 0

    @property
    def cents(self) -> int:
        return cents_of(self.amount.data or "")
