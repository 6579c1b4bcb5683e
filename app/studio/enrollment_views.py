from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments import disputes
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing, by_first_moment

_Learner = aliased(Person)
# Whoever has, or had, a place that an order paid for, in one text to search.
_LEARNERS = (
    select(func.aggregate_strings(_Learner.name + " " + _Learner.email, "\n"))
    .join(Enrollment, Enrollment.person_id == _Learner.id)
    .where(Enrollment.order_id == Order.id)
    .correlate(Order)
    .scalar_subquery()
)

# Every enrollment hangs on an order, and an order without one is what the owner asks about most.
ORDERS = Listing(
    rows=select(Order)
    .join(Order.person)
    .options(contains_eager(Order.person), joinedload(Order.cohort).joinedload(Cohort.course)),
    number=Order.id,
    searched=(Person.email, Order.name, Person.name, Order.public_id, _LEARNERS),
    states=by_first_moment(
        {
            "refunded": Order.refunded_at,
            "ended": Order.ended_at,
            "disputed": case((Order.dispute_status.in_(disputes.OPEN), Order.disputed_at)),
            "dispute lost": case((Order.dispute_status == disputes.LOST, Order.dispute_ended_at)),
            "paid": Order.paid_at,
            "does not match": Order.mismatched_at,
            "failed": Order.failed_at,
            "awaiting payment": Order.awaiting_payment_at,
            "expired": Order.expired_at,
        },
        "pending",
    ),
)


@bp.get("/enrollments")
def list_enrollments() -> ResponseReturnValue:
    page = ORDERS.page(Asked.by(request.args))
    return render_template("studio/enrollments.html", page=page, standing=_standing(page.rows))


def _standing(orders: list[Order]) -> dict[int, list[Enrollment]]:
    """The places each of `orders` pays for that stand, by the order's number."""
    places = select(Enrollment).where(
        Enrollment.order_id.in_([order.id for order in orders]), Enrollment.ended_at.is_(None)
    )
    about = joinedload(Enrollment.cohort), joinedload(Enrollment.person)
    found: dict[int, list[Enrollment]] = {}
    for place in db.session.scalars(places.options(*about).order_by(Enrollment.id)):
        found.setdefault(place.order_id, []).append(place)
    return found
