"""What the waiting lists add to the books: a seat held for each open offer, and each person in line counted once."""

from datetime import datetime

from sqlalchemy import func, select

from app.enrollment.cohorts import Cohort
from app.enrollment.own_books import HELD_BY
from app.enrollment.waitlist.models import WAITING, WaitlistEntry
from app.extensions import db
from app.payments.reconciling.reconciling import CHECKS

_of_cohort = select(func.count(WaitlistEntry.id)).where(WaitlistEntry.cohort_id == Cohort.id)


def _waiting(_since: datetime) -> list[str]:
    waiting = _of_cohort.where(WAITING).scalar_subquery()
    odd = select(Cohort.name, Cohort.seats_awaited, waiting.label("waiting")).where(Cohort.seats_awaited != waiting)
    return [
        f"{cohort.name} counts {cohort.seats_awaited} seats as waited for, and {cohort.waiting} people wait."
        for cohort in db.session.execute(odd)
    ]


HELD_BY.append(_of_cohort.where(WaitlistEntry.holds_seat.is_(True)).scalar_subquery())
CHECKS.append(_waiting)
