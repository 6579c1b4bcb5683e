"""Buying: a seat is held and the order committed, then Stripe is asked for a payment page, then the page is noted."""

from typing import NamedTuple

from app.clock import now
from app.enrollment import emails
from app.enrollment.cohorts import Cohort, CohortFull, NotOnSale
from app.enrollment.enrollments import Enrollment, already_buying
from app.enrollment.orders import Order
from app.enrollment.payment_page import page_wanted
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.payments.opening import open_page
from app.payments.purchases import LEAST_HOLD
from app.people.models import Consent, Person

REMINDER = "course"
REMINDER_WORDING = "If I do not finish, you may remind me by e-mail. Two letters at most."


class Wanted(NamedTuple):
    """What a buyer asks for. The price is not theirs to say."""

    cohort_id: int
    email: str
    name: str
    seats: int = 1
    organization: str = ""
    wants_reminder: bool = False
    has_link: bool = False  # To their place in line, for which a seat may be held: anybody can type their address.


def start(wanted: Wanted, *, page: str) -> str:
    """The address of the page to pay at. Who asks for the same again gets the same page while it is open.

    `page` is where they asked. Commits. Raises CohortFull, NotOnSale, GatewayUnavailable (the seats are free again;
    the same can be asked again later) or GatewayRefused (the order has failed).
    """
    _refuse_if_full(wanted)
    order = _place(wanted, page)
    return open_page(order, page_wanted(order))


def _refuse_if_full(wanted: Wanted) -> None:
    """Hundreds may come for the last seats at once: who can be told so at a glance need not wait for the cohort."""
    cohort = db.session.get(Cohort, wanted.cohort_id)
    if cohort is None or cohort.seats_left is None or cohort.seats_left >= wanted.seats:
        return
    if not (wanted.has_link or Order.waits_for(wanted.email, cohort)):
        raise CohortFull(cohort)


def _place(wanted: Wanted, page: str) -> Order:
    """The buyer's order, with its seats held: the one that waits for payment, or a new one."""
    cohort = Cohort.for_update(wanted.cohort_id)
    if cohort is None:
        raise NotOnSale
    is_held = wanted.has_link and not cohort.has_begun and WaitlistEntry.is_held_for(wanted.email, cohort)
    if not (cohort.is_on_sale or is_held):
        raise NotOnSale
    person = Person.at(wanted.email)
    db.session.flush()
    order = Order.undecided_of(person, cohort)
    if order and not _goes_on(order, wanted):
        # Its page stays open, for whoever is paying there: a stranger may have typed their address just now.
        order.expire()
        db.session.flush()
        order = None
    if order is None:
        order = _new_order(person, cohort, wanted)
    elif not order.checkout_url and order.expires_at < now() + LEAST_HOLD:
        order.release()
        order.renew()
    _note_reminder(order, wanted.wants_reminder, page)
    order.hold_at_price_now(from_list=wanted.has_link)
    return order


def _goes_on(order: Order, wanted: Wanted) -> bool:
    """Whether an order that waits is what is wanted now. Somebody else with this address may have begun it."""
    if order.checkout_url and not order.can_be_paid:
        return False
    return (order.seats, order.name, order.organization) == (wanted.seats, wanted.name, wanted.organization)


def _new_order(person: Person, cohort: Cohort, wanted: Wanted) -> Order:
    order = Order(
        person=person,
        cohort=cohort,
        name=wanted.name,
        billing={"organization": wanted.organization} if wanted.organization else {},
        seats=wanted.seats,
        seats_held=0,
        amount_cents=0,
        currency=cohort.course.currency,
    )
    db.session.add(order)
    if not order.is_for_department and already_buying(person, cohort):
        # The page must not tell a stranger who is enrolled, so the buyer learns it by mail, before paying. Who pays
        # all the same gets the money back (fulfilment.py).
        emails.already_enrolled(person, cohort)
    elif not order.is_for_department and (place := Enrollment.on_hold(person, cohort)):
        emails.paying_again(place)
    return order


def _note_reminder(order: Order, wants_reminder: bool, page: str) -> None:
    if order.wants_reminder != wants_reminder and not order.checkout_url:
        order.renew()  # Stripe is told of it, so it is another request.
    order.wants_reminder = wants_reminder
    if wants_reminder:
        Consent.record(order.person, REMINDER, "requested", wording=REMINDER_WORDING, page=page)
