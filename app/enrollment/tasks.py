from datetime import date

from huey import crontab
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.enrollment.cohorts import Cohort
from app.extensions import db, queue
from app.publishing import content_changed

# Of each cohort: whether it was on sale, when it will be, and for how much, when this process last looked.
_as_shown: dict[int, tuple[bool, date | None, int]] = {}


@queue.periodic_task(crontab())
def close_begun_cohorts() -> None:
    """Sales open and close, and an early price ends, with the day where the cohort is: stored pages must say so."""
    cohorts = db.session.scalars(select(Cohort).options(joinedload(Cohort.course))).all()
    shown = {cohort.id: (cohort.is_on_sale, cohort.opens_on, cohort.price_now_cents) for cohort in cohorts}
    if shown != _as_shown:
        _as_shown.clear()
        _as_shown.update(shown)
        content_changed()
    db.session.commit()
