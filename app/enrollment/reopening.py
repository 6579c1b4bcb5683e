"""Places that a dispute ended come back when it is decided otherwise after all, where the seats are still free."""

from app.enrollment.cohorts import Cohort, CohortFull
from app.enrollment.department.models import Seat
from app.enrollment.enrolling import make_way, take_over
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db


def reopen(order: Order) -> list[Enrollment] | None:
    """The order's places, which have all ended, standing again; None, and none stands, when a seat of theirs is gone.

    One stays ended, and its seat free, whose person has been erased or is in that cohort by another meanwhile. Lock
    the order first.
    """
    ended = sorted(Seat.places_of(order), key=lambda place: place.cohort.in_order)
    places = [place for place in ended if place.may_reopen]
    elsewhere = [place.cohort for place in places if place.holds_own_seat]
    for cohort in elsewhere:
        Cohort.for_update(cohort.id)
    try:
        # A place that makes way may hold the last seat; it stays where others are gone.
        with db.session.begin_nested():
            others = [make_way(place.person, place.cohort) for place in places]
            order.hold_more(order.seats - len(elsewhere) - (len(ended) - len(places)))
            for cohort in elsewhere:
                cohort.take_seats(1)
    except CohortFull:
        return None
    for place, before in zip(places, others, strict=True):
        place.ended_at = None
        if before:
            take_over(place, before)
    return places
