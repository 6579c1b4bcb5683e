from collections.abc import Callable

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.enrollment.blueprint import bp
from app.enrollment.enrollments import Enrollment
from app.enrollment.next_cohort import tasks
from app.enrollment.next_cohort.offering import AlreadyChosen, accept, decline
from app.enrollment.orders import Order
from app.extensions import csrf, db, limiter
from app.limits import network

# The sweep is known once this is imported.
__all__ = ["bp", "tasks"]

link_limit = limiter.shared_limit("60/hour", scope="choice of cohort", key_func=network)


@bp.get("/course/orders/<token>")
def show_choice(token: str) -> ResponseReturnValue:
    return _page(token, _order_of(token))


@bp.post("/course/orders/<token>/acceptance")
@csrf.exempt
@link_limit
def accept_next_cohort(token: str) -> ResponseReturnValue:
    return _choose(token, accept)


@bp.post("/course/orders/<token>/refund")
@csrf.exempt
@link_limit
def decline_next_cohort(token: str) -> ResponseReturnValue:
    return _choose(token, decline)


def _choose(token: str, choose: Callable[[Order], None]) -> ResponseReturnValue:
    order = Order.for_update(_order_of(token).id)
    try:
        choose(order)
    except AlreadyChosen:
        return _page(token, order), 409
    db.session.commit()
    return redirect(url_for(".show_choice", token=token), 303)


def _order_of(token: str) -> Order:
    return Order.from_choice_link(token) or abort(404)


def _page(token: str, order: Order) -> str:
    is_taken = not order.has_ended and bool(order.seats_held or Enrollment.of_order(order))
    return render_template("enrollment/choice.html", token=token, order=order, is_taken=is_taken)
