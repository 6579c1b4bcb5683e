import logging
import re

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from limits import RateLimitItemPerDay

from app.enrollment import (
    checkout,
    emails,
    fulfilment,
    in_newsletter,
    own_books,
    records,
    structured_data,
    tasks,
    until_sold_out,
)
from app.enrollment.blueprint import bp
from app.enrollment.cohorts import Cohort, CohortFull, NotOnSale
from app.enrollment.department import views as department
from app.enrollment.enrollments import Enrollment
from app.enrollment.forms import CheckoutForm
from app.enrollment.models import Course
from app.enrollment.next_cohort import views as next_cohort
from app.enrollment.orders import Order
from app.enrollment.waitlist import views as waitlist
from app.extensions import csrf, db, limiter
from app.json_ld import json_ld
from app.limits import form_limits, network, used_up_for, wait_in_words
from app.payments import stripe_gateway
from app.payments.fulfilment import give_up
from app.payments.refunds import Refund
from app.payments.returning import catch_up, named_session
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.payments.wording import NOT_LOST
from app.publishing import public_page, when_it_fails
from app.urls import absolute_url

log = logging.getLogger(__name__)
# What follows from a payment, what is done daily, what the newsletter asks, what ends reminders, and what enrollment
# holds of a person, is known once these are imported.
__all__ = [
    "bp",
    "department",
    "fulfilment",
    "in_newsletter",
    "next_cohort",
    "own_books",
    "records",
    "tasks",
    "until_sold_out",
    "waitlist",
]

# Each success holds a seat for half an hour: what one network may ask for is what it could keep from everybody else. A
# hospital, which is one network, does not meet this on the first day of sales. Who is refused holds nothing.
page_limit = limiter.shared_limit(
    "40/hour;100/day",
    scope="checkout-pages:network",
    key_func=network,
    methods=["POST"],
    deduct_when=lambda response: response.status_code == 303,
)

# A department may ask for 50 seats, which are more than a cohort has. So once a network has been given this many beyond
# the first of each page, paid or not, it is given no more than one at a time until the next day: who means to keep a
# cohort of 24 from everybody keeps it three times half an hour.
SEATS_A_DAY, ONCE = RateLimitItemPerDay(60), RateLimitItemPerDay(1)


@bp.get("/course/")
@public_page
def show_course() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    return _course_page(course, CheckoutForm(course))


@bp.post("/course/checkout")
@csrf.exempt
# An address holds one seat however often it is typed, for it has one open order; so its limit is wide, and no stranger
# who types it keeps its owner from buying.
@form_limits("checkout", address="60/hour", network_="300/hour", domain="200/hour", in_all="3000/hour")
@page_limit
def start_checkout() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    form = CheckoutForm(course)
    if form.is_trapped:
        return redirect(url_for(".show_course"), 303)
    if not form.validate():
        return _course_page(course, form), 422
    if not stripe_gateway.is_set_up():
        return render_template("enrollment/unavailable.html", form=None), 503
    if (place := _on_hold(form)) and not form.again.data:
        return render_template("enrollment/on_hold.html", place=place, form=form), 409
    return _send_to_stripe(course, form)


def _on_hold(form: CheckoutForm) -> Enrollment | None:
    """The place of who would pay for theirs once more, if they are signed in: anybody can type their address."""
    wanted = form.wanted
    if wanted.seats > 1 or not current_user.is_authenticated or current_user.email != wanted.email:
        return None
    return Enrollment.on_hold(current_user, db.session.get_one(Cohort, wanted.cohort_id))


def _send_to_stripe(course: Course, form: CheckoutForm) -> ResponseReturnValue:
    wanted = form.wanted
    if wanted.seats > 1 and _has_asked_for_enough():
        wait = used_up_for(SEATS_A_DAY, "checkout-seats", network())
        again = f"Please try again {wait_in_words(wait)}, or write to us."
        form.seats.errors = [f"Many seats were asked for from your network today. {again}"]
        return _course_page(course, form), 429, {"Retry-After": str(wait)}
    try:
        url = checkout.start(wanted, page=url_for(".show_course"))
    except CohortFull as full:
        db.session.rollback()
        if full.cohort.is_full:
            return _full_page(full.cohort), 409
        form.refuse_seats(full.cohort)
        return _course_page(course, form), 409
    except NotOnSale:
        form.cohort.errors = ["Enrollment for this cohort has just closed. Please choose another."]
        return _course_page(course, form), 422
    except GatewayUnavailable as trouble:
        log.warning("no payment page could be opened: %s", trouble)
        return render_template("enrollment/unavailable.html", form=form), 503, {"Retry-After": "60"}
    except GatewayRefused as refusal:
        return _refused(course, form, refusal)
    _count_seats(wanted.seats, url)
    return redirect(url, 303)


def _has_asked_for_enough() -> bool:
    return limiter.enabled and not limiter.limiter.test(SEATS_A_DAY, "checkout-seats", network())


def _count_seats(number: int, url: str) -> None:
    """Once for each payment page, however often it is asked for again."""
    if limiter.enabled and number > 1 and limiter.limiter.hit(ONCE, "checkout-page", url):
        limiter.limiter.hit(SEATS_A_DAY, "checkout-seats", network(), cost=number - 1)


def _refused(course: Course, form: CheckoutForm, refusal: GatewayRefused) -> ResponseReturnValue:
    if refusal.param != "customer_email":
        emails.payment_page_refused(str(refusal))
        db.session.commit()
        return render_template("enrollment/unavailable.html", form=form, is_refused=True), 503
    form.email.errors = ["Our payment partner cannot write to this address. Please check it, or use another."]
    return _course_page(course, form), 422


@bp.get("/course/checkout/complete")
@when_it_fails(NOT_LOST)
@limiter.shared_limit("120/hour", scope="checkout-complete:network", key_func=network)
@limiter.shared_limit(
    "60/hour", scope="checkout-complete:session", key_func=named_session, exempt_when=lambda: not named_session()
)
def complete_checkout() -> ResponseReturnValue:
    """Where Stripe sends the buyer back. It shows how the order stands, and nothing of who ordered."""
    session_id = named_session()
    order = Order.of_session(session_id) if session_id else None
    is_decided = order is not None and bool(order.paid_at or order.failed_at)
    # Stripe may have opened another page anew, for who came back by its link: it says which order that is of.
    seen = catch_up(session_id) if session_id and not is_decided else None
    order = seen if isinstance(seen, Order) else order
    if order is None:
        return render_template("enrollment/checkout_complete.html", state="unknown", order=None), 404
    state = "unheard" if order.may_be_paid and seen is None else _state(order)
    return render_template("enrollment/checkout_complete.html", state=state, order=order)


def _state(order: Order) -> str:
    """How it stands for its buyer: of what is paid, what came of the payment."""
    if not order.paid_at:
        return order.state
    if order.has_to_choose:
        return "choosing"
    is_held = bool(order.seats_held or Enrollment.of_order(order))
    if order.is_disputed and not (is_held or order.refunded_at):
        return "disputed, to be returned" if Refund.of(order.stripe_payment_intent_id) else "disputed, no place"
    if order.state in ("disputed", "dispute lost"):
        return order.state
    return "paid" if is_held else "returned"


@bp.get("/course/checkout/cancelled")
def show_cancelled() -> ResponseReturnValue:
    """Where Stripe sends who turns back: the seats are theirs for a while yet, unless they let them go."""
    return render_template("enrollment/cancelled.html", order=_of_number(request.args.get("order", "")))


@bp.post("/course/checkout/cancelled")
@csrf.exempt
@limiter.shared_limit("60/hour", scope="checkout-let-go:network", key_func=network)
def let_go() -> ResponseReturnValue:
    """Free the seats at once, unless they have been paid for a moment ago, in another window."""
    order = _of_number(request.form.get("order", ""))
    if order and order.state == "pending":
        order.wants_reminder = False  # Who says that they will not buy is reminded of nothing.
        try:
            give_up(order)
        except GatewayUnavailable:
            return render_template("enrollment/cancelled.html", order=order, stays_held=True), 503
    return redirect(url_for(".show_cancelled", order=order.public_id if order else None), 303)


def _of_number(public_id: str) -> Order | None:
    return Order.at(public_id) if re.fullmatch(r"[0-9a-f]{32}", public_id) else None


def _course_page(course: Course, form: CheckoutForm) -> str:
    questions = course.questions
    return render_template(
        "enrollment/course.html",
        course=course,
        form=form,
        questions=questions,
        canonical_url=absolute_url("enrollment.show_course"),
        structured_data=json_ld(*structured_data.of_course(course, questions)),
    )


def _full_page(cohort: Cohort) -> str:
    others = [other for other in cohort.course.cohorts_on_sale if not other.is_full]
    return render_template("enrollment/full.html", cohort=cohort, others=others)
