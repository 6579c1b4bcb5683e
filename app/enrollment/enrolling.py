"""What a paid order leads to: places in the course, or the payment back. The order is locked with its cohort."""

from datetime import timedelta

from app import followups
from app.enrollment import emails
from app.enrollment.department import emails as department
from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.followups.models import ENROLLED
from app.payments.refunds import Refund
from app.people.models import Person

SIGN_IN_LINK_GOOD_FOR = timedelta(days=3)


def enroll(order: Order) -> None:
    """Give the buyer, for whom a seat is held, a place, or a department its seats.

    Who buys for themselves and has a place there already gets the payment back.
    """
    if order.is_for_department:
        return _open_department(order)
    if Enrollment.standing(order.person, order.cohort):
        return give_back(order, order.stripe_payment_intent_id, "paid twice")
    enrollment = give_place(order, order.person, order.name)
    emails.enrolled(enrollment, SIGN_IN_LINK_GOOD_FOR)
    emails.new_enrollment(order)
    return None


def give_place(order: Order, person: Person, name: str) -> Enrollment:
    """A place of the person's, who wants to be called `name`, with its receipt and the letters that follow."""
    person.take_name(name)
    enrollment = Enrollment.begin(order, person)
    db.session.flush()
    Paper.receipt(enrollment)
    values = {"cohort_name": order.cohort.name, "starts_on": order.cohort.begins}
    followups.happened(ENROLLED, person, order.occasion, **values)
    return enrollment


def _open_department(order: Order) -> None:
    """The buyer hands the seats out, and may claim one like anybody."""
    order.person.take_name(order.name)
    Seat.make_for(order)
    db.session.flush()
    Paper.receipt_of_all(order)
    followups.stop_on(ENROLLED, order.person)
    department.department_ready(order)
    emails.new_enrollment(order)


def give_back(order: Order, payment_intent_id: str | None, reason: str) -> None:
    """Owe the buyer a payment: "no seat", "paid twice", "declined" or "erased". Stripe is told once that is committed.

    Of a payment that is not the order's own, the order keeps its seats.
    """
    if payment_intent_id == order.stripe_payment_intent_id:
        order.release()
    if payment_intent_id is None or Refund.owe(order, payment_intent_id, reason):
        tell = emails.paid_twice if reason == "paid twice" else emails.seat_gone
        tell(order)
        emails.payment_returned(order, reason)
