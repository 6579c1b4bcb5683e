"""What the course's own books say, whatever Stripe says: each seat taken is held by somebody, who paid has a place."""

from sqlalchemy import ColumnElement, func, select

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.disputes import LOST
from app.payments.reconciling.reconciling import CHECKS
from app.payments.refunds import IN_FULL, Refund

# Of a cohort: how many seats are held in it, each part by another kind of row. Rooms add theirs when imported.
HELD_BY: list[ColumnElement[int]] = [
    select(func.coalesce(func.sum(Order.seats_held), 0)).where(Order.cohort_id == Cohort.id).scalar_subquery(),
    select(func.count(Enrollment.id))
    .join(Order, Order.id == Enrollment.order_id)
    .where(Enrollment.cohort_id == Cohort.id, Enrollment.ended_at.is_(None), Order.cohort_id != Cohort.id)
    .scalar_subquery(),
]


def _seats() -> list[str]:
    held = sum(HELD_BY[1:], HELD_BY[0])
    odd = select(Cohort.name, Cohort.seats_taken, held.label("held")).where(Cohort.seats_taken != held)
    return [
        f"{cohort.name} counts {cohort.seats_taken} seats taken, and {cohort.held} are held by somebody."
        for cohort in db.session.execute(odd)
    ]


def _places() -> list[str]:
    """Paid for by one person, and nobody is enrolled, nothing is to be chosen and nothing goes back."""
    place = select(Enrollment.id).where(Enrollment.order_id == Order.id, Enrollment.ended_at.is_(None))
    goes_back = select(Refund.id).where(Refund.stripe_payment_intent_id == Order.stripe_payment_intent_id, IN_FULL)
    without = select(Order).where(
        Order.paid_at.is_not(None),
        Order.seats == 1,
        Order.refunded_at.is_(None),
        Order.choose_by.is_(None),
        Order.dispute_status != LOST,
        Order.paid_cents > 0,
        ~place.exists(),
        ~goes_back.exists(),
    )
    return [f"{order.number} is paid, and nobody is enrolled by it." for order in db.session.scalars(without)]


CHECKS += [_seats, _places]
