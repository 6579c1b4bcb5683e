"""What the course's own books say, whatever Stripe says: each seat taken is held by somebody, who paid has a place."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from app.enrollment.cohorts import Cohort
from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.disputes import LOST
from app.payments.reconciling.reconciling import CHECKS
from app.payments.refunds import IN_FULL, Refund
from app.people.models import Person

# Of a cohort: how many seats are held in it, each part by another kind of row. Rooms add theirs when imported.
HELD_BY: list[ColumnElement[int]] = [
    select(func.coalesce(func.sum(Order.seats_held), 0)).where(Order.cohort_id == Cohort.id).scalar_subquery(),
    select(func.count(Enrollment.id))
    .join(Order, Order.id == Enrollment.order_id)
    .where(Enrollment.cohort_id == Cohort.id, Enrollment.ended_at.is_(None), Order.cohort_id != Cohort.id)
    .scalar_subquery(),
]


def _goes_on(since: datetime) -> ColumnElement[bool]:
    """That a cohort was not over by then; a seat in any other is of no use to anybody."""
    return or_(Cohort.ends_on.is_(None), Cohort.ends_on >= since.date())


def _seats(since: datetime) -> list[str]:
    held = sum(HELD_BY[1:], HELD_BY[0])
    odd = select(Cohort.name, Cohort.seats_taken, held.label("held")).where(Cohort.seats_taken != held, _goes_on(since))
    return [
        f"{cohort.name} counts {cohort.seats_taken} seats taken, and {cohort.held} are held by somebody."
        for cohort in db.session.execute(odd)
    ]


def _paid(since: datetime) -> Select[Order]:
    """The orders that somebody may count on, however long ago they were paid."""
    return select(Order).join(Order.cohort).where(Order.paid_at.is_not(None), _goes_on(since))


def _places(since: datetime) -> list[str]:
    """Paid for, without a place or seats to hand out; and nothing is to be chosen, and nothing goes back."""
    place = select(Enrollment.id).where(Enrollment.order_id == Order.id, Enrollment.ended_at.is_(None))
    to_hand_out = select(func.count(Seat.id)).where(Seat.order_id == Order.id).scalar_subquery()
    goes_back = select(Refund.id).where(Refund.stripe_payment_intent_id == Order.stripe_payment_intent_id, IN_FULL)
    without = _paid(since).where(
        case((Order.seats == 1, ~place.exists()), else_=to_hand_out != Order.seats),
        Order.refunded_at.is_(None),
        Order.choose_by.is_(None),
        Order.dispute_status != LOST,
        Order.paid_cents > 0,
        or_(Order.seats > 1, Order.person.has(Person.erased_at.is_(None))),  # A place for nobody does not come back.
        ~goes_back.exists(),
    )
    lacks = {True: "its seats cannot be handed out", False: "nobody is enrolled by it"}
    return [f"{order.number} is paid, and {lacks[order.is_for_department]}." for order in db.session.scalars(without)]


def _seated(since: datetime) -> list[str]:
    """No order pays for more places in its cohort than it holds seats there."""
    places = select(func.count(Enrollment.id)).where(
        Enrollment.order_id == Order.id, Enrollment.cohort_id == Order.cohort_id, Enrollment.ended_at.is_(None)
    )
    crowded = _paid(since).where(places.scalar_subquery() > Order.seats_held)
    return [f"{order.number} pays for more places than it holds seats." for order in db.session.scalars(crowded)]


CHECKS += [_seats, _places, _seated]
