"""Claiming a seat: whoever has its link, and was first, has a place of their own, unless they never begin."""

from datetime import timedelta

from app import followups
from app.enrollment.department import emails
from app.enrollment.department.models import AlreadyClaimed, Seat
from app.enrollment.enrolling import SIGN_IN_LINK_GOOD_FOR, give_place
from app.enrollment.enrollments import Enrollment
from app.extensions import db
from app.people.link_mailings import LinkMailing
from app.people.models import Person


class NotFree(Exception):
    """The link claims nothing: the seat is somebody's, has another link, or is no more."""


def claim(seat: Seat, number: int, email: str, name: str) -> Enrollment | None:
    """Give the seat, by its link of this number, to whoever has a normalized address. Raises NotFree.

    None when they have a place in the cohort already: the seat stays free, and only a mail to them says why, so that
    nobody learns by typing an address who is enrolled.
    """
    seat = Seat.for_update(seat)
    order = seat.order
    if seat.state(number) != "free":
        raise NotFree
    person = Person.at(email)
    if Enrollment.is_open_to(person, order.cohort) or Seat.is_held_by(order, person):
        if LinkMailing.claim("seat not needed", Person.counted_as(email), every=timedelta()):
            emails.seat_not_needed(person, order)
        return None
    enrollment = give_place(order, person, name)
    seat.take(enrollment)
    emails.seat_claimed(enrollment, SIGN_IN_LINK_GOOD_FOR)
    return enrollment


def free(seat: Seat, enrollment_id: int | None) -> None:
    """End the place that the seat went to, whose person never opened a lesson, and give the seat a new link.

    Lock the order first. Raises AlreadyClaimed when the seat is not that place's, or they have begun meanwhile.
    """
    place = seat.enrollment
    if place is None or place.id != enrollment_id:
        raise AlreadyClaimed
    db.session.refresh(place, with_for_update=True)
    if not seat.may_be_freed:
        raise AlreadyClaimed
    place.end()
    seat.free()
    followups.call_off(place.person, seat.order.occasion, "seat freed")
    emails.seat_ended(place, is_freed=True)
