from huey import crontab
from sqlalchemy import select

from app.enrollment.cohorts import Cohort
from app.extensions import db, queue
from app.publishing import content_changed


@queue.periodic_task(crontab(minute="5"))
def close_begun_cohorts() -> None:
    """On the day a cohort begins it can no longer be bought: pages that were stored before must not offer it."""
    cohorts = db.session.scalars(select(Cohort).where(Cohort.sales_open)).all()
    if any(cohort.begins_today for cohort in cohorts):
        content_changed()
    db.session.commit()
