from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db, enqueue_after_commit
from app.payments import stripe_gateway
from app.payments.reconciling import tasks
from app.payments.reconciling.models import Reconciliation
from app.studio.blueprint import bp


@bp.get("/reconciliation")
def show_reconciliation() -> ResponseReturnValue:
    return render_template(
        "studio/reconciliation.html",
        run=Reconciliation.last(),
        is_running=Reconciliation.running(),
        is_set_up=stripe_gateway.is_set_up(),
    )


@bp.post("/reconciliation")
def start_reconciliation() -> ResponseReturnValue:
    enqueue_after_commit(tasks.reconcile_now)
    db.session.commit()
    flash("Stripe is being asked. Load this page again in a minute.", "good")
    return redirect(url_for(".show_reconciliation"), 303)
