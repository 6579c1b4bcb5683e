"""Buying: a seat is held and the order committed, then Stripe is asked for a payment page, then the page is noted."""

from app.clock import now
from app.enrollment import emails
from app.enrollment.cohorts import Cohort, NotOnSale
from app.enrollment.enrollments import already_buying
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.opening import open_page
from app.payments.pages import PageWanted, Product
from app.payments.purchases import LEAST_HOLD
from app.people.models import Consent, Person
from app.urls import absolute_url

REMINDER = "course"
REMINDER_WORDING = "If I do not finish, you may remind me by e-mail. Two letters at most."


def start(cohort_id: int, *, email: str, name: str, wants_reminder: bool, page: str) -> str:
    """The address of the page to pay at. The same buyer gets the same page again while it is open.

    Commits. Raises CohortFull, NotOnSale, GatewayUnavailable (the seat is free again; the same can be asked again
    later) or GatewayRefused (the order has failed).
    """
    order = _place(cohort_id, email=email, name=name, wants_reminder=wants_reminder, page=page)
    return open_page(order, _page_wanted(order))


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
    order.hold()
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


def _page_wanted(order: Order) -> PageWanted:
    cohort, course = order.cohort, order.cohort.course
    return PageWanted.of(
        order,
        Product("course", course.slug, course.title, course.description),
        email=order.person.email,
        what=f"{course.title}, {cohort.name}",
        note=f"Your cohort: {cohort.name}, {cohort.dates}.",
        paid_url=absolute_url("enrollment.complete_checkout"),
        left_url=absolute_url("enrollment.show_cancelled", order=order.public_id),
    )
