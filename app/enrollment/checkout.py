"""Buying: a seat is held and the order committed, then Stripe is asked for a payment page, then the page is noted.

These functions commit as they go, because Stripe must never be asked with a transaction open.
"""

import logging

from app.clock import now
from app.enrollment import emails, stripe_gateway
from app.enrollment.checkouts import Checkout, PageWanted
from app.enrollment.enrollments import already_buying
from app.enrollment.models import Cohort, CohortFull, NotOnSale
from app.enrollment.orders import LEAST_HOLD, Order
from app.enrollment.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.extensions import db
from app.people.models import Consent, Person

log = logging.getLogger(__name__)

REMINDER = "course"
REMINDER_WORDING = "If I do not finish, you may remind me by e-mail. One letter, no more."


def start(cohort_id: int, *, email: str, name: str, wants_reminder: bool, page: str) -> str:
    """The address of the page to pay at. The same buyer gets the same page again while it is open.

    Raises CohortFull, NotOnSale, GatewayUnavailable (the seat is free again; the same can be asked again later) or
    GatewayRefused (the order has failed).
    """
    order = _place(cohort_id, email=email, name=name, wants_reminder=wants_reminder, page=page)
    wanted = PageWanted.of(order)
    db.session.commit()
    if order.can_be_paid and order.checkout_url:
        return order.checkout_url
    try:
        checkout = stripe_gateway.open_checkout(wanted)
    except GatewayUnavailable as trouble:
        _put_aside(order, trouble.key_spent)
        raise
    except GatewayRefused:
        _give_up(order)
        raise
    return _note_page(order, checkout)


def _place(cohort_id: int, *, email: str, name: str, wants_reminder: bool, page: str) -> Order:
    """The buyer's order, with its seats held: the one that waits for payment, or a new one."""
    cohort = Cohort.for_update(cohort_id)
    if cohort is None or not cohort.is_on_sale:
        raise NotOnSale
    person = Person.at(email)
    db.session.flush()
    order = Order.undecided_of(person, cohort)
    if order and order.checkout_url and not order.can_be_paid:
        order.expire()
        db.session.flush()
        order = None
    if order is None:
        order = _new_order(person, cohort)
    elif not order.checkout_url and order.expires_at < now() + LEAST_HOLD:
        order.renew()
    # An order that waits may have been begun by somebody else with this address: what counts is what is typed now.
    order.name, order.wants_reminder = name, wants_reminder
    if wants_reminder:
        Consent.record(person, REMINDER, "requested", wording=REMINDER_WORDING, page=page)
    order.hold_seats()
    return order


def _new_order(person: Person, cohort: Cohort) -> Order:
    order = Order(
        person=person,
        cohort=cohort,
        name="",
        seats=1,
        seats_held=0,
        amount_cents=cohort.course.price_cents,
        currency=cohort.course.currency,
    )
    db.session.add(order)
    if already_buying(person, cohort):
        # The page must not tell a stranger who is enrolled, so the buyer learns it by mail, before paying. Who pays
        # all the same gets the money back (fulfilment.py).
        emails.already_enrolled(person, cohort)
    return order


def _put_aside(order: Order, key_spent: bool) -> None:
    """Stripe could not be asked: the seat goes back, the order waits for another try."""
    order = Order.for_update(order.id)
    if order.state == "pending" and not order.checkout_url:
        order.release_seats()
        if key_spent:
            order.renew()
    db.session.commit()


def _give_up(order: Order) -> None:
    order = Order.for_update(order.id)
    if not order.checkout_url:
        order.fail()
    db.session.commit()


def _note_page(order: Order, checkout: Checkout) -> str:
    """Keep where to pay. Meanwhile a second click may have given the seat back, or the sweep given up the order."""
    order = Order.for_update(order.id)
    try:
        _open(order, checkout)
    except (CohortFull, GatewayUnavailable):
        db.session.rollback()
        _close_page(checkout)
        raise
    db.session.commit()
    if checkout.url is None:
        raise GatewayUnavailable("the payment page is closed already")
    return checkout.url


def _open(order: Order, checkout: Checkout) -> None:
    if order.stripe_session_id == checkout.session_id:  # Both clicks were given the same page.
        return
    if order.state != "pending":
        raise GatewayUnavailable("the order was over before its payment page was there")
    order.hold_seats()
    order.open_payment_page(checkout.session_id, checkout.url)


def _close_page(checkout: Checkout) -> None:
    """A page that could not be closed ends by itself; what is paid there is given back."""
    try:
        stripe_gateway.expire_checkout(checkout.session_id)
    except (GatewayUnavailable, GatewayRefused) as trouble:
        log.warning("payment page %s stays open: %s", checkout.session_id, trouble)
