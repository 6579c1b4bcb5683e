"""What people are told of the money, on the page before they pay and in every mail about it."""

from app.coaching.paying.models import ConsultationPayment
from app.payments import disputes
from app.payments.wording import money

NOT_CHARGED = (
    "Our payment partner does not answer just now. Nothing was charged, and nothing has been booked. "
    "Please try again in a minute; all you wrote is here."
)
UNKNOWN_ADDRESS = "Our payment partner cannot write to this address. Please check it, or use another."
BACK = "Your bank shows it within five to ten days."


def payment_terms() -> str:
    return (
        "If you cancel any time before it starts, you get all of it back; so you do if your coach cancels. "
        "Moving it to another time costs nothing."
    )


def what_goes_back(payment: ConsultationPayment, cents: int | None = None) -> str:
    """What the person gets back where all is given back: `cents`, where they went back at Stripe, or what is left."""
    if payment.dispute_status == disputes.LOST:
        return "Your bank has given it back to you."
    if payment.is_disputed:
        return "It is with your bank until the dispute is decided; if it comes to us, we send it back to you."
    cents = payment.left_cents if cents is None else cents
    if not cents:
        return "All of it has gone back to you, the way you paid."
    part = "all of it" if cents == payment.paid_cents else f"the remaining {money(cents, payment.currency)}"
    return f"You get back {part}, the way you paid."
