from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.coaching.paying.models import ConsultationPayment
from app.extensions import db, enqueue_after_commit
from app.payments import stripe_gateway
from app.payments.reconciling import tasks
from app.payments.reconciling.models import ComparedPayment, Reconciliation
from app.studio.blueprint import bp


@bp.get("/reconciliation")
def show_reconciliation() -> ResponseReturnValue:
    run = Reconciliation.last()
    shown = run.shown if run else []
    return render_template(
        "studio/reconciliation.html",
        run=run,
        shown=shown,
        consultations=_consultations(shown),
        is_running=Reconciliation.running(),
        is_set_up=stripe_gateway.is_set_up(),
    )


def _consultations(shown: list[ComparedPayment]) -> dict[int, int]:
    """The consultations that the payments for such are for, by the payment's number, unless they were erased."""
    ids = [payment.purchase_id for payment in shown if payment.kind == ConsultationPayment.__name__]
    found = select(ConsultationPayment.id, ConsultationPayment.consultation_id).where(ConsultationPayment.id.in_(ids))
    return {number: consultation_id for number, consultation_id in db.session.execute(found) if consultation_id}


@bp.post("/reconciliation")
def start_reconciliation() -> ResponseReturnValue:
    enqueue_after_commit(tasks.reconcile_now)
    db.session.commit()
    flash("Stripe is being asked. Load this page again in a minute.", "good")
    return redirect(url_for(".show_reconciliation"), 303)
