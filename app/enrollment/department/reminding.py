"""A while before the course begins, its buyer is told once of the seats that are nobody's yet."""

from datetime import timedelta

from sqlalchemy import func, select

from app.clock import in_zone, now
from app.enrollment.cohorts import Cohort
from app.enrollment.department import emails
from app.enrollment.department.models import Seat
from app.enrollment.orders import Order
from app.extensions import db

DAYS_BEFORE = 7
# Who bought the seats a moment ago knows of them.
NOT_WITHIN = timedelta(days=2)
MOST_AT_ONCE = 100


def due() -> list[int]:
    """Orders whose buyers are to be reminded."""
    unclaimed = (
        select(Seat.order_id, Cohort.starts_on, Cohort.time_zone)
        .join(Seat.order)
        .join(Cohort, Cohort.id == Order.cohort_id)
        .where(
            Seat.enrollment_id.is_(None),
            Seat.reminded_at.is_(None),
            Order.paid_at <= now() - NOT_WITHIN,
            Order.refunded_at.is_(None),
            Cohort.starts_on.between(now().date(), now().date() + timedelta(days=DAYS_BEFORE + 1)),
        )
        .group_by(Seat.order_id, Cohort.starts_on, Cohort.time_zone)
        .order_by(func.min(Seat.id))
        .limit(MOST_AT_ONCE)
    )
    found = db.session.execute(unclaimed).all()
    return [
        order_id
        for order_id, starts_on, zone in found
        if starts_on and 0 < (starts_on - in_zone(now(), zone).date()).days <= DAYS_BEFORE
    ]


def remind(order_id: int) -> None:
    """Tell the buyer, unless another worker did, or nothing is left to tell."""
    order = Order.for_update(order_id)
    unclaimed = [seat for seat in Seat.of_order(order) if seat.enrollment_id is None]
    if order.has_ended or order.is_on_hold or not unclaimed or any(seat.reminded_at for seat in unclaimed):
        return
    for seat in unclaimed:
        seat.reminded_at = now()
    emails.seats_unclaimed(order, len(unclaimed))
