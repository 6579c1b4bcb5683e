"""A learner moves once to a later cohort by themselves, at no charge: such as somebody who is on call."""

from app import followups
from app.enrollment.cohorts import Cohort, CohortFull
from app.enrollment.enrollments import Enrollment
from app.enrollment.next_cohort import emails
from app.enrollment.orders import Order
from app.extensions import db


class CannotMove(Exception):
    """The place stays where it is. The message, for whoever wanted to move it, says why."""


def later_cohorts(place: Enrollment) -> list[Cohort]:
    """Those it may move to: later ones on sale with a seat that nobody waits for, where its person has no place yet."""
    taken = {other.cohort_id for other in Enrollment.all_standing(place.person)}
    return [cohort for cohort in place.cohort.following if not cohort.is_full and cohort.id not in taken]


def move(place: Enrollment, cohort_id: int) -> None:
    """Move the place, and tell its person and the owner. Raises CannotMove."""
    place, cohort = _locked(place, cohort_id)
    if not place.can_move:
        words = "You have moved once already." if place.moved_at else "You cannot move any more."
        raise CannotMove(words)
    if cohort is None or cohort not in later_cohorts(place):
        raise CannotMove("That cohort cannot be had any more. Please choose another.")
    try:
        place.move_to(cohort)
    except CohortFull:
        raise CannotMove("The last seat of that cohort has just gone. Please choose another.") from None
    followups.retell(place.person, place.order.occasion, cohort_name=cohort.name, starts_on=cohort.begins)
    emails.moved(place)
    emails.learner_moved(place)


def _locked(place: Enrollment, cohort_id: int) -> tuple[Enrollment, Cohort | None]:
    """Place and cohort as they stand now, locked with the cohort it leaves and its order, in everybody's order."""
    wanted = db.session.get(Cohort, cohort_id)
    for cohort in sorted({place.order.cohort, *([wanted] if wanted else [])}, key=lambda cohort: cohort.in_order):
        Cohort.for_update(cohort.id)
    Order.for_update(place.order_id)
    return db.session.get_one(Enrollment, place.id, populate_existing=True), wanted
