"""What the owner does for a department from its order's page."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.enrollment.department import emails
from app.enrollment.department.claiming import free
from app.enrollment.department.models import AlreadyClaimed, Seat
from app.enrollment.orders import Order
from app.extensions import db
from app.studio.blueprint import bp
from app.studio.order_views import AN_ORDER


@bp.post(f"{AN_ORDER}/seats/<int(max=50):position>/reassignment")
def reassign_seat(order_id: int, position: int) -> ResponseReturnValue:
    seat = Seat.in_order(_locked(order_id), position) or abort(404)
    try:
        seat.reassign()
        flash(f"Seat {position} has a new link, which its department finds on its page. The old one is void.", "good")
    except AlreadyClaimed:
        flash(f"Seat {position} has just been claimed, so its link stays.", "bad")
    db.session.commit()
    return _back(order_id)


@bp.post(f"{AN_ORDER}/seats/<int(max=50):position>/release")
def free_seat(order_id: int, position: int) -> ResponseReturnValue:
    seat = Seat.in_order(_locked(order_id), position) or abort(404)
    try:
        free(seat, request.form.get("place", type=int))
        flash(f"Seat {position} is free again, and has a new link, which its department finds on its page.", "good")
    except AlreadyClaimed:
        flash(f"Seat {position} stays as it is: whoever claimed it has opened a lesson, or it is free already.", "bad")
    db.session.commit()
    return _back(order_id)


@bp.post(f"{AN_ORDER}/department-link")
def send_department_link(order_id: int) -> ResponseReturnValue:
    order = _locked(order_id)
    if not Seat.are_of(order) or order.person.erased_at:
        abort(404)
    emails.department_links(order.person, [order])
    db.session.commit()
    flash("The link to the department's page is on its way to the buyer.", "good")
    return _back(order_id)


def _locked(order_id: int) -> Order:
    db.session.get(Order, order_id) or abort(404)
    return Order.for_update(order_id)


def _back(order_id: int) -> ResponseReturnValue:
    return redirect(url_for(".show_order", order_id=order_id, _anchor="seats"), 303)
