from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.coaching.models import Consultation
from app.coaching.paying import emails
from app.extensions import db
from app.studio.answering_views import A_CONSULTATION
from app.studio.blueprint import bp


@bp.post(f"{A_CONSULTATION}/refund")
def refund_consultation(consultation_id: int) -> ResponseReturnValue:
    """Give back what was paid for a consultation that has begun; one that is ahead is cancelled instead."""
    consultation = Consultation.for_update(consultation_id) or abort(404)
    payment = consultation.payment
    if payment and consultation.has_begun and not payment.is_at_bank and payment.give_back("goodwill"):
        emails.payment_returned(payment, payment.left_cents)
        flash("The money goes back, and they have been told.", "good")
    else:
        flash("There is nothing to give back.", "bad")
    db.session.commit()
    return redirect(url_for(".show_consultation", consultation_id=consultation_id), 303)
