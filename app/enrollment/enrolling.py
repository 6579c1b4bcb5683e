"""What a paid order leads to: places in the course, or the payment back. The order is locked with its cohort."""

from datetime import timedelta

from app import followups
from app.clock import now
from app.enrollment import emails
from app.enrollment.cohorts import Cohort
from app.enrollment.department import emails as department
from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.followups.models import ENROLLED
from app.payments.refunds import Refund
from app.people.models import Person

SIGN_IN_LINK_GOOD_FOR = timedelta(days=3)


def enroll(order: Order) -> None:
    """Give the buyer, for whom a seat is held and who is not in the cohort, a place, or a department its seats."""
    if order.is_for_department:
        return _open_department(order)
    enrollment = give_place(order, order.person, order.name)
    emails.enrolled(enrollment, SIGN_IN_LINK_GOOD_FOR)
    emails.new_enrollment(order)
    return None


def give_place(order: Order, person: Person, name: str) -> Enrollment:
    """A place of the person's, who wants to be called `name`, with its receipt and the letters that follow.

    It takes the place of one there that is suspended.
    """
    before = make_way(person, order.cohort)
    person.take_name(name)
    enrollment = Enrollment.begin(order, person)
    db.session.flush()
    if before:
        take_over(enrollment, before)
        followups.call_off(person, before.order.occasion, "enrolled by another order")
    Paper.receipt(enrollment)
    values = {"cohort_name": order.cohort.name, "starts_on": order.cohort.begins}
    followups.happened(ENROLLED, person, order.occasion, **values)
    return enrollment


def take_over(place: Enrollment, before: Enrollment) -> None:
    """What there was by a place that made way for this one: what was open stays open, and the certificate counts on."""
    place.go_on_from(before)
    Paper.hand_on_certificate(before, place)


def make_way(person: Person, cohort: Cohort) -> Enrollment | None:
    """End the person's place in the cohort, if it is suspended, for another there: whatever becomes of its payment, it
    is not needed any more. A department has the seat back, for somebody else. Lock the cohort first.

    Of a place that was moved, the order is of an earlier cohort, for which nobody may wait now: raises OperationalError
    if that is locked by another.
    """
    place = Enrollment.standing(person, cohort)
    if place is None:
        return None
    db.session.refresh(place.order, with_for_update={"nowait": place.holds_own_seat})
    if not place.is_suspended:  # Decided meanwhile: the schema refuses another.
        return None
    place.end()
    if seat := Seat.claimed_for(place):
        seat.free()
    elif not place.holds_own_seat:
        place.order.give_back_one()
    db.session.flush()  # One stands at a time, whatever is written first.
    return place


def _open_department(order: Order) -> None:
    """The buyer hands the seats out, and may claim one like anybody. Who had claimed one before comes along."""
    order.person.take_name(order.name)
    if not Seat.are_of(order):
        Seat.make_for(order)
    db.session.flush()
    _bring_along(order)
    Paper.receipt_of_all(order)
    followups.stop_on(ENROLLED, order.person)
    department.department_ready(order)
    emails.new_enrollment(order)


def _bring_along(order: Order) -> None:
    """Places of a department that a dispute ended, and that go on in another cohort, which the buyer has chosen."""
    for place in sorted(Seat.places_of(order), key=lambda place: place.person_id):
        if place.person.erased_at or Enrollment.is_open_to(place.person, order.cohort):
            place.cohort = order.cohort  # It stays ended.
        else:
            department.seat_claimed(give_place(order, place.person, place.person.name), SIGN_IN_LINK_GOOD_FOR)


def give_back(order: Order, payment_intent_id: str | None, reason: str, cents: int | None = None) -> None:
    """Owe the buyer a payment: "no seat", "already enrolled", "paid twice", "declined", "lapsed" or "erased". Stripe is
    told once that is committed.

    Of a payment that is not the order's own, of which `cents` are left, the order keeps its seats. What cost nothing is
    ended.
    """
    if payment_intent_id == order.stripe_payment_intent_id:
        order.release()
    if payment_intent_id is None:
        order.ended_at = now()
    elif not Refund.owe(order, payment_intent_id, reason):
        return
    cents = order.left_cents if cents is None else cents
    if payment_intent_id and not cents:
        reason = "returned at Stripe"
    _tell_buyer(order, cents, reason)
    emails.payment_returned(order, cents, reason)


def _tell_buyer(order: Order, cents: int, reason: str) -> None:
    if reason == "already enrolled" and not cents:
        emails.already_enrolled(order.person, order.cohort)
    elif reason in ("already enrolled", "paid twice", "returned at Stripe"):
        emails.paid_twice(order, cents, reason)
    else:
        emails.seat_gone(order, cents, reason)


def end_free(order: Order) -> bool:
    """End what stands by an order that cost nothing, and tell whom it concerns. False if there is none to end."""
    if order.paid_at is None or order.paid_cents or order.ended_at:
        return False
    order.ended_at, had_to_choose = now(), order.has_to_choose
    order.release()
    places = end_places(order, "ended")
    for place in places if order.is_for_department else []:
        department.seat_ended(place)
    cohort = places[0].cohort if places and not order.is_for_department else order.cohort
    emails.free_order_ended(order, cohort, had_to_choose)
    return True


def end_places(order: Order, reason: str) -> list[Enrollment]:
    """End the places that the order pays for, and what follows from it to anybody; those that have ended with it."""
    places = sorted(Enrollment.of_order(order), key=lambda place: place.cohort.in_order)
    for place in places:
        place.end()
    followed = {person.id: person for person in [order.person, *(place.person for place in places)]}
    for _, person in sorted(followed.items()):  # Everybody locks people in this order, after cohorts.
        if not Enrollment.is_open_to(person, order.cohort):  # By another order, for which they are as good.
            followups.call_off(person, order.occasion, reason)
    return places


def tell_of_dispute(order: Order, news: str, places: list[Enrollment]) -> None:
    """To a department, and to the people of these places: a dispute over the payment is "opened", "won" or "lost"."""
    if Seat.are_of(order):
        department.department_disputed(order, news)
    for place in places:
        emails.place_disputed(place, news)
