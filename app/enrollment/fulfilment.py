"""What follows from a payment for a place in the course.

`settle` brings an order in line with what Stripe says at that moment, and writes to people only about what is new.
"""

import logging
from collections.abc import Callable

from app import followups
from app.clock import now
from app.enrollment import emails
from app.enrollment.cohorts import CohortFull
from app.enrollment.department import emails as department
from app.enrollment.department.models import Seat
from app.enrollment.enrolling import end_places, enroll, give_back, tell_of_dispute
from app.enrollment.enrollments import Enrollment, has_bought_since
from app.enrollment.next_cohort.offering import offer_again, seat_gone
from app.enrollment.orders import Order
from app.enrollment.reopening import reopen
from app.enrollment.waitlist.models import WaitlistEntry
from app.followups.models import ABANDONED, ENROLLED
from app.payments import disputes, stripe_gateway
from app.payments.checkouts import Checkout
from app.payments.disputes import Dispute
from app.payments.purchases import SETTLES
from app.payments.refunds import Refund
from app.urls import absolute_url

log = logging.getLogger(__name__)


def settle(order: Order, checkout: Checkout) -> None:
    """Bring `order`, locked with its cohort, in line with `checkout`."""
    is_ours = order.agrees_with(checkout) and checkout.livemode == stripe_gateway.is_live()
    if checkout.status == "complete" and not is_ours:
        return _report_mismatch(order, checkout)
    if checkout.is_paid:
        return _settle_paid(order, checkout)
    if checkout.is_under_way:
        return _settle_under_way(order, checkout)
    # A second try may have opened a second page: what was not paid at the other one says nothing of the order.
    if checkout.session_id != order.stripe_session_id:
        return None
    if checkout.status == "expired":
        return _settle_expired(order, checkout)
    if checkout.status == "complete":
        return _settle_failed(order, checkout)
    if order.look_at and order.look_at <= now():
        order.look_again()
    return None


def _report_mismatch(order: Order, checkout: Checkout) -> None:
    news = order.note_mismatch(checkout)
    if news == "returned":
        emails.mismatch_returned(order)
    elif news:
        _tell_of_mismatch(order, checkout)


def _tell_of_mismatch(order: Order, checkout: Checkout) -> None:
    log.error("order %s: Stripe has %s seats for %s %s, we have %s for %s %s", order.number, checkout.quantity,
              checkout.amount_cents, checkout.currency, order.seats, order.amount_cents, order.currency)  # fmt: skip
    emails.payment_mismatch(order, checkout)
    emails.mismatch_noted(order)


def _settle_paid(order: Order, checkout: Checkout) -> None:
    if order.paid_at and checkout.payment_intent_id != order.stripe_payment_intent_id:
        # Where a code left nothing to pay, there is nothing to give back.
        return _give_back_second(order, checkout) if checkout.payment_intent_id else None
    is_given_back = bool(checkout.amount_cents) and checkout.refunded_cents >= checkout.amount_cents
    before = order.refunded_cents
    if not order.paid_at:
        order.take_payment(checkout)
        if not is_given_back:
            order.note_refund(checkout.refunded_cents, checkout.asked_at)  # Without a seat, the rest goes back.
            _enroll(order)
        order.person.was_here()  # A seat in another cohort may have been taken: people are locked after cohorts.
    order.note_invoice(checkout)
    _settle_refund(order, checkout, before)
    _settle_dispute(order, checkout.dispute)
    return None


def _give_back_second(order: Order, checkout: Checkout) -> None:
    """A payment that was made at another page for what is paid already; it may come back from there, too."""
    if Refund.note_return(checkout):
        return emails.refund_failed(order, checkout.left_cents)
    Refund.resume_second(checkout)
    return give_back(order, checkout.payment_intent_id, "paid twice", checkout.left_cents)


def _enroll(order: Order) -> None:
    if order.person.erased_at:  # There is nobody to enroll, nor to write to.
        return give_back(order, order.stripe_payment_intent_id, "erased")
    if not order.is_for_department and Enrollment.is_open_to(order.person, order.cohort):
        return give_back(order, order.stripe_payment_intent_id, "already enrolled")
    try:
        _hold(order)
    except CohortFull:
        return seat_gone(order)
    return enroll(order)


def _hold(order: Order) -> None:
    """Take its seats, if need be those of the unpaid order that took its place, by whoever typed the buyer's address.

    Raises CohortFull, as soon as the cohort has begun.
    """
    if order.cohort.has_begun and not order.seats_held:  # A link that brings a closed page back lives for 30 days.
        raise CohortFull(order.cohort)
    try:
        order.hold()
    except CohortFull:
        other = Order.undecided_of(order.person, order.cohort)
        if not (other and _makes_room(other, order)):
            raise
        other.expire()
        order.hold()


def _makes_room(other: Order, order: Order) -> bool:
    """Whether the seats of `other`, with those that are free, are enough for what `order` lacks."""
    entry = WaitlistEntry.handed_to(other)
    if entry and entry.is_in_time:  # Its seat goes back there: for the buyer, and for no department.
        return not order.is_for_department
    return order.cohort.has_room_for(order.seats - order.seats_held - other.seats_held)


def _settle_refund(order: Order, checkout: Checkout, before: int) -> None:
    """Tell of what has gone back since `before`, and end what was paid for, once that is all."""
    had_to_choose = order.has_to_choose
    if not order.note_refund(checkout.refunded_cents, checkout.asked_at):
        return _tell_of_change(order, before)
    cents = order.refunded_cents - before
    if had_to_choose:
        emails.seat_gone(order, cents, "returned")
    for enrollment in end_places(order, "refunded"):
        if order.is_for_department:
            department.seat_ended(enrollment)
        else:
            emails.refunded(enrollment, cents)
    if Seat.are_of(order) and not order.missed_cohort:  # Who chose the payment knows.
        department.department_refunded(order, cents)


def _tell_of_change(order: Order, before: int) -> None:
    """A part went back, or what was on its way back has failed at Stripe."""
    if order.refunded_cents > before:
        places = Enrollment.of_order(order)
        keeps_it = not order.has_to_choose and bool(order.seats_held or places)
        cohort = places[0].cohort if places and not order.is_for_department else order.missed_cohort or order.cohort
        emails.partly_refunded(order, order.refunded_cents - before, cohort, keeps_it=keeps_it)
    elif order.refunded_cents < before:
        Refund.note_failure(order, before - order.refunded_cents)
        emails.refund_failed(order, before - order.refunded_cents)


def _settle_dispute(order: Order, dispute: Dispute | None) -> None:
    """While the payer's bank has the payment, the places it pays for open nothing; once it is lost, they end.

    A loss of a part leaves them, as a refund of a part does.
    """
    was_at_bank, news = order.is_at_bank, order.note_dispute(dispute)
    if news and order.has_back_what_bank_kept:
        if not Refund.resume(order):
            Refund.owe(order, order.stripe_payment_intent_id, "dispute won")
        return emails.payment_disputed(order, news, "rest goes back")
    is_ours = order.is_won_back and not order.refunded_at
    if is_ours and not (order.seats_held or Enrollment.of_order(order)):
        then = _settle_after_all(order)
        return emails.payment_disputed(order, news, then) if news else None
    if not news:
        return None
    hangs_on_it = _what_hangs_on(order)
    if hangs_on_it == "open" and order.is_won_back and not was_at_bank:
        hangs_on_it = "stays"
    emails.payment_disputed(order, news, hangs_on_it)
    if news in ("asked", "closed") or hangs_on_it in ("stays", "goes back", "over"):  # Only the owner is told.
        return None
    is_lost = news == disputes.LOST
    tell_of_dispute(order, news, end_places(order, "dispute lost") if is_lost else Enrollment.of_order(order))
    return order.release() if is_lost else None


def _what_hangs_on(order: Order) -> str:
    """What a dispute that begins or ends finds, in a word of emails.payment_disputed."""
    if order.has_to_choose:
        return "begins"
    if order.seats_held or Enrollment.of_order(order):
        return "open"
    return "goes back" if Refund.of(order.stripe_payment_intent_id) and not order.refunded_at else "over"


def _settle_after_all(order: Order) -> str:
    """A dispute was lost, which ended what it was about, and was won since, by an appeal, say, or lost for a part only.

    What was to go back goes back; else places and seats come back, or those whose seats are gone are offered others.
    Which of these it is, in a word of emails.payment_disputed.
    """
    if Refund.resume(order):
        return "goes back"
    if order.missed_cohort:  # It was lost while they had yet to choose.
        _offer(order, offer_again)
        return "begins"
    places = reopen(order)
    if places is None:
        _offer(order, seat_gone)
        return "seats gone"
    if places or order.seats_held:
        tell_of_dispute(order, disputes.WON, places)
        return "open"
    if order.is_for_department or order.person.erased_at:
        return "nobody"
    give_back(order, order.stripe_payment_intent_id, "already enrolled")
    return "enrolled since"


def _offer(order: Order, offer: Callable[[Order], None]) -> None:
    if order.person.erased_at:  # There is nobody to choose.
        return give_back(order, order.stripe_payment_intent_id, "erased")
    return offer(order)


def _settle_under_way(order: Order, checkout: Checkout) -> None:
    if order.failed_at:  # An answer from before the bank's.
        return order.stop_looking()
    if order.paid_at is None and order.await_payment(checkout.session_id):
        _try_to_hold(order)
        followups.stop_on(ENROLLED, order.person)  # Who has paid is reminded of nothing.
        emails.awaiting_payment(order, checkout)
    return None


def _settle_failed(order: Order, checkout: Checkout) -> None:
    if order.fail():
        emails.payment_failed(order, checkout)


def _try_to_hold(order: Order) -> None:
    """Take back seats that were given up too early; whether there is one is asked again when the money comes."""
    try:
        _hold(order)
    except CohortFull:
        log.warning("order %s awaits a payment without a seat", order.number)


def _settle_expired(order: Order, checkout: Checkout) -> None:
    order.stop_looking()
    if order.expire() and order.wants_reminder and not has_bought_since(order):
        resume_url = checkout.recovery_url or absolute_url("enrollment.show_course") + "#enroll"
        values = {"cohort_name": order.cohort.name, "resume_url": resume_url}
        followups.happened(ABANDONED, order.person, order.occasion, **values)


SETTLES[Order] = settle
