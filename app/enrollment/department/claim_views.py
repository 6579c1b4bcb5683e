"""Claiming a seat by its link. Looking at it changes nothing, for mail scanners follow every link."""

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.enrollment.blueprint import bp
from app.enrollment.department.claiming import NotFree, claim
from app.enrollment.department.emails import data_wording
from app.enrollment.department.forms import ClaimForm
from app.enrollment.department.models import Seat
from app.extensions import csrf, db, limiter
from app.limits import network
from app.publishing import public_page


def _link() -> str:
    return str((request.view_args or {}).get("token", ""))[:200]


@bp.get("/course/seats/<token>")
def show_seat(token: str) -> ResponseReturnValue:
    seat, number = _of_link(token)
    return _page(token, seat, number, ClaimForm(formdata=None))


@bp.post("/course/seats/<token>")
@csrf.exempt
# A hospital's doctors come through one network, a whole department in the same hour.
@limiter.shared_limit("300/hour", scope="seat:network", key_func=network, methods=["POST"])
@limiter.shared_limit("20/hour", scope="seat:link", key_func=_link, methods=["POST"])
def claim_seat(token: str) -> ResponseReturnValue:
    seat, number = _of_link(token)
    form = ClaimForm()
    if form.is_trapped:
        return redirect(url_for(".show_seat_mailed"), 303)
    if not form.validate():
        return _page(token, seat, number, form), 422
    try:
        claim(seat, number, form.address, form.typed_name)
    except NotFree:
        return _page(token, seat, number, form), 409
    db.session.commit()
    return redirect(url_for(".show_seat_mailed"), 303)


@bp.get("/course/seats/mailed")
@public_page
def show_seat_mailed() -> ResponseReturnValue:
    """The same words whether the seat was claimed or somebody with that address had a place already."""
    return render_template("enrollment/department/mailed.html")


def _of_link(token: str) -> tuple[Seat, int]:
    return Seat.of_link(token) or abort(make_response(render_template("enrollment/department/unknown_seat.html"), 404))


def _page(token: str, seat: Seat, number: int, form: ClaimForm) -> str:
    order, state = seat.order, seat.state(number)
    return render_template(
        "enrollment/department/seat.html", token=token, order=order, state=state, form=form, data=data_wording(order)
    )
