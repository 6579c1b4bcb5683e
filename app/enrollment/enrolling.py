"""What a paid order leads to: places in the course, or the payment back. The order is locked with its cohort."""

from datetime import timedelta

from app import followups
from app.enrollment import emails
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.followups.models import ENROLLED
from app.payments.refunds import Refund

SIGN_IN_LINK_GOOD_FOR = timedelta(days=3)


def enroll(order: Order) -> None:
    """Give the buyer, for whom a seat is held, a place. One who has a place there already gets the payment back."""
    if Enrollment.standing(order.person, order.cohort):
        return give_back(order, order.stripe_payment_intent_id, "paid twice")
    enrollment = Enrollment.begin(order)
    order.person.take_name(order.name)
    db.session.flush()
    Paper.receipt(enrollment)
    if order.seats > 1:
        Paper.receipt_of_all(order)
    emails.enrolled(enrollment, SIGN_IN_LINK_GOOD_FOR)
    emails.new_enrollment(enrollment)
    values = {"cohort_name": order.cohort.name, "starts_on": order.cohort.begins}
    followups.happened(ENROLLED, order.person, order.occasion, **values)
    return None


def give_back(order: Order, payment_intent_id: str | None, reason: str) -> None:
    """Owe the buyer a payment: "no seat", "paid twice" or "declined". Stripe is told once this has been committed.

    Of a payment that is not the order's own, the order keeps its seats.
    """
    if payment_intent_id == order.stripe_payment_intent_id:
        order.release()
    if payment_intent_id is None or Refund.owe(order, payment_intent_id, reason):
        tell = emails.paid_twice if reason == "paid twice" else emails.seat_gone
        tell(order)
        emails.payment_returned(order, reason)
