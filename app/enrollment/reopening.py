"""Places that a lost dispute ended come back when it is won after all, where the seats are still free."""

from app.enrollment.cohorts import Cohort, CohortFull
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order


def reopen(order: Order) -> list[Enrollment] | None:
    """The order's places, which have all ended, standing again; None when a seat of theirs is not free any more.

    One stays ended whose person has got another in that cohort meanwhile. Lock the order first.
    """
    places = sorted(Enrollment.ever_of(order), key=lambda place: place.cohort.in_order)
    elsewhere = [place.cohort for place in places if place.holds_own_seat]
    try:
        order.hold_again(order.seats - len(elsewhere))
        _take_each(elsewhere)
    except CohortFull:
        order.release()
        return None
    return [place for place in places if place.reopen()]


def _take_each(cohorts: list[Cohort]) -> None:
    """A seat in each of them, or none at all. Raises CohortFull."""
    for number, cohort in enumerate(cohorts):
        try:
            cohort.take_seats(1)
        except CohortFull:
            for taken in cohorts[:number]:
                taken.give_back_seats(1)
            raise
