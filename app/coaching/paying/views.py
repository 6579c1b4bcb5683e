import re

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.blueprint import bp
from app.coaching.paying import fulfilment, records
from app.coaching.paying.models import ConsultationPayment
from app.coaching.paying.wording import payment_terms, what_goes_back
from app.extensions import csrf, limiter
from app.limits import network
from app.payments.fulfilment import give_up
from app.payments.returning import catch_up, named_session
from app.payments.stripe_gateway import GatewayUnavailable
from app.payments.wording import NOT_LOST, money
from app.publishing import when_it_fails

# What follows from a payment, and what is held of a person's, is known once these are imported.
__all__ = ["fulfilment", "records"]

bp.add_app_template_filter(money)
bp.add_app_template_global(payment_terms)
bp.add_app_template_global(what_goes_back)

_PUBLIC_ID = re.compile(r"[0-9a-f]{32}")


@bp.get("/checkout/complete")
@when_it_fails(NOT_LOST)
@limiter.shared_limit("120/hour", scope="consultation-paid:network", key_func=network)
@limiter.shared_limit(
    "60/hour", scope="consultation-paid:session", key_func=named_session, exempt_when=lambda: not named_session()
)
def complete_checkout() -> ResponseReturnValue:
    """Where Stripe sends the person back. It shows what became of the payment, and nothing of who paid."""
    session_id = named_session()
    payment = ConsultationPayment.of_session(session_id) if session_id else None
    if payment is None:
        return render_template("coaching/checkout_complete.html", state="unknown", payment=None), 404
    is_decided = bool(payment.paid_at or payment.failed_at)
    has_answered = not is_decided and catch_up(session_id) is not None
    state = "unheard" if payment.may_be_paid and not has_answered else _state(payment)
    return render_template("coaching/checkout_complete.html", state=state, payment=payment)


def _state(payment: ConsultationPayment) -> str:
    """As `payment.state`, but "returned" for what was paid and goes back."""
    return "returned" if payment.paid_at and payment.is_given_back else payment.state


@bp.get("/checkout/cancelled")
def show_left_checkout() -> ResponseReturnValue:
    """Where Stripe sends who turns back: the time is theirs for a while yet, unless they let it go."""
    payment = _of_request(request.args.get("payment", ""))
    return render_template("coaching/checkout_left.html", payment=payment)


@bp.post("/checkout/cancelled")
@csrf.exempt
@limiter.shared_limit("60/hour", scope="consultation-let-go:network", key_func=network)
def let_go() -> ResponseReturnValue:
    """Free the time at once, unless it has been paid a moment ago, in another window."""
    payment = _of_request(request.form.get("payment", ""))
    if payment and payment.state == "pending":
        try:
            give_up(payment)
        except GatewayUnavailable:
            return render_template("coaching/checkout_left.html", payment=payment, stays_held=True), 503
    return redirect(url_for(".show_left_checkout", payment=payment.public_id if payment else None), 303)


def _of_request(public_id: str) -> ConsultationPayment | None:
    return ConsultationPayment.at(public_id) if _PUBLIC_ID.fullmatch(public_id) else None
