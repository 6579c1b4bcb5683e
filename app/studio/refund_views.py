from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.coaching.paying.models import ConsultationPayment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.refunds import Refund
from app.studio.blueprint import bp


@bp.post("/refunds/<int(max=2147483647):refund_id>/resending")
def resend_refund(refund_id: int) -> ResponseReturnValue:
    """Send back once more what did not arrive of a payment that goes back in full."""
    db.session.get(Refund, refund_id) or abort(404)
    refund = Refund.for_update(refund_id)
    if is_new := refund.may_be_sent_again:
        refund.send_again()
    page = _page_of(refund)
    db.session.commit()
    flash("It goes back once more, the way it was paid." if is_new else "That was on its way already.", "good")
    return redirect(page, 303)


def _page_of(refund: Refund) -> str:
    if order_id := Order.id_of(refund.reference):
        return url_for(".show_order", order_id=order_id)
    payment = ConsultationPayment.at(refund.reference) or abort(404)
    if payment.consultation_id is None:  # It was erased a moment ago.
        return url_for(".show_person", person_id=payment.person_id)
    return url_for(".show_consultation", consultation_id=payment.consultation_id)
