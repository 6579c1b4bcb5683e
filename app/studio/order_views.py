from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.enrollment.department.models import Seat
from app.enrollment.enrolling import end_free
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.refunds import Refund, TooMuch
from app.payments.wording import money
from app.studio.blueprint import bp
from app.studio.order_forms import RefundForm

AN_ORDER = "/orders/<int(max=2147483647):order_id>"


@bp.get(AN_ORDER)
def show_order(order_id: int) -> ResponseReturnValue:
    order = db.session.get(Order, order_id) or abort(404)
    return _page(order, RefundForm.of(order))


@bp.post(f"{AN_ORDER}/refund")
def refund_order(order_id: int) -> ResponseReturnValue:
    """Owe the buyer all or a part of what was paid; Stripe is told in the background."""
    db.session.get(Order, order_id) or abort(404)
    order = Order.for_update(order_id)
    form = RefundForm.of(order, is_sent=True)
    if not form.validate():
        return _page(order, form), 422
    if form.was_overtaken(order):
        return _page(order, form), 409
    try:
        is_new = Refund.owe_part(order, form.cents, form.key.data or "")
    except TooMuch as too_much:
        form.amount.errors = [f"Only {money(too_much.left_cents, order.currency)} is left to give back."]
        return _page(order, form), 409
    db.session.commit()
    words = f"{money(form.cents, order.currency)} goes back to the buyer, the way it was paid."
    flash(words if is_new else "That was on its way already.", "good")
    return redirect(url_for(".show_order", order_id=order_id), 303)


@bp.post(f"{AN_ORDER}/ending")
def end_order(order_id: int) -> ResponseReturnValue:
    """End what stands by an order that cost nothing, of which there is nothing to give back."""
    db.session.get(Order, order_id) or abort(404)
    is_new = end_free(Order.for_update(order_id))
    db.session.commit()
    flash("It has ended, and its buyer gets an e-mail." if is_new else "There is nothing to end.", "good")
    return redirect(url_for(".show_order", order_id=order_id), 303)


def _page(order: Order, form: RefundForm) -> str:
    return render_template(
        "studio/order.html",
        order=order,
        form=form,
        left=Refund.left_of(order) if order.paid_at else 0,
        refunds=Refund.all_of(order),
        places=Enrollment.ever_of(order),
        seats=Seat.of_order(order),
    )
