"""Who paid and has no seat is offered one in the next cohort, held for a while, or the payment back."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app import followups
from app.clock import now
from app.enrollment.cohorts import Cohort, CohortFull
from app.enrollment.enrolling import enroll, give_back, tell_of_dispute
from app.enrollment.enrollments import Enrollment
from app.enrollment.next_cohort import emails
from app.enrollment.orders import Order
from app.extensions import db
from app.followups.models import ENROLLED

TIME_TO_CHOOSE = timedelta(days=7)
ORDERS_A_MINUTE = 50


class AlreadyChosen(Exception):
    """The buyer chose, or the time to choose is over."""


def seat_gone(order: Order) -> None:
    """Offer the buyer of a paid, locked order the next cohort with room, or give the payment back if there is none."""
    last = max([order.cohort, *(place.cohort for place in Enrollment.ever_of(order))], key=lambda each: each.in_order)
    following = _with_room(last, order.seats)
    wanted = order.cohort if order.is_for_department else last  # A place may have moved.
    order.missed_cohort = order.missed_cohort or wanted  # What was offered instead is not what was paid for.
    order.person.take_name(order.name)  # It is paid for, so it is theirs; people are locked after cohorts.
    if following is None:
        return give_back(order, order.stripe_payment_intent_id, "no seat")
    order.offer(following)
    followups.stop_on(ENROLLED, order.person)  # Who has paid is reminded of nothing.
    _ask_to_choose(order)
    return None


def offer_again(order: Order) -> None:
    """Hold what the buyer of a paid, locked order had yet to choose once more, or offer what there is instead."""
    if order.cohort.has_begun:
        return seat_gone(order)
    try:
        order.hold()
    except CohortFull:
        return seat_gone(order)
    _ask_to_choose(order)
    return None


def _ask_to_choose(order: Order) -> None:
    order.choose_by = now() + TIME_TO_CHOOSE
    emails.next_cohort_offered(order)
    emails.seat_was_gone(order)


def _with_room(last: Cohort, seats: int) -> Cohort | None:
    """The first cohort after `last` that takes so many seats, with the seats taken."""
    for cohort in last.following:
        try:
            cohort.take_seats(seats)
        except CohortFull:
            continue
        return cohort
    return None


def accept(order: Order) -> None:
    """Take the seats that are held in the next cohort. Lock the order first. Raises AlreadyChosen.

    Who buys for themselves, and has bought a place there meanwhile, gets the payment back.
    """
    _end_choice(order)
    order.missed_cohort = None
    if not order.is_for_department and Enrollment.is_open_to(order.person, order.cohort):
        return give_back(order, order.stripe_payment_intent_id, "already enrolled")
    enroll(order)
    if order.is_disputed:  # The way in that was mailed just now is closed until that is decided.
        tell_of_dispute(order, "opened", Enrollment.of_order(order))


def decline(order: Order, reason: str = "declined") -> None:
    """Have the payment back instead, or not chosen in time ("lapsed"). Lock the order first. Raises AlreadyChosen."""
    _end_choice(order)
    give_back(order, order.stripe_payment_intent_id, reason)


def _end_choice(order: Order) -> None:
    if not order.has_to_choose:
        raise AlreadyChosen
    order.choose_by = None


def lapsed(at: datetime) -> list[int]:
    """Orders whose buyers did not choose in time."""
    return list(db.session.scalars(select(Order.id).where(Order.choose_by <= at).limit(ORDERS_A_MINUTE)))
