from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app import outbox
from app.classroom.progress import CourseCompletion
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.papers.models import CERTIFICATE, Paper
from app.extensions import db
from app.urls import absolute_url

CERTIFICATES_A_SWEEP = 100


def certify(place: Enrollment) -> bool:
    """Issue the certificate of a place whose person is done with the course, if its cohort is over, and mail of it.

    Whether there was one to issue. A self-paced cohort is never over, and needs not be. Lock the person first.
    """
    completion = CourseCompletion.of(place.person, place.cohort.course)
    is_ready = completion and not place.is_suspended and (place.cohort.is_over or place.cohort.is_self_paced)
    if not (completion and is_ready):
        return False
    completed_on = max(completion.completed_on, place.cohort.ends_on or date.min)
    Paper.certify(place, completed_on)
    outbox.post(
        to=place.person,
        template="classroom/certificate_issued",
        course=place.cohort.course,
        papers_url=absolute_url("papers.list_own"),
    )
    return True


def due() -> list[int]:
    """Standing places of people who are done with the course and have no certificate, in cohorts that are over."""
    same = aliased(Enrollment)
    certified = select(Paper.id).join(same, same.id == Paper.enrollment_id)
    certified = certified.where(Paper.kind == CERTIFICATE, same.person_id == Enrollment.person_id)
    places = (
        select(Enrollment.id)
        .join(Cohort, Cohort.id == Enrollment.cohort_id)
        .join(
            CourseCompletion,
            (CourseCompletion.person_id == Enrollment.person_id) & (CourseCompletion.course_id == Cohort.course_id),
        )
        .where(
            Enrollment.ended_at.is_(None),
            Cohort.ends_on <= now().date(),
            ~certified.exists(),
        )
    )
    return list(db.session.scalars(places.order_by(Enrollment.id).limit(CERTIFICATES_A_SWEEP)))
