"""A certificate says what is so: every lesson is done, and the cohort with its live sessions is over."""

from datetime import timedelta

import pytest

from app.classroom.certifying.tasks import issue_certificates
from app.classroom.lessons import Lesson
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.classroom.test_progress import ALL, done


@pytest.fixture
def place(ada) -> Enrollment:
    return db.session.scalars(db.select(Enrollment).filter_by(person_id=ada.person.id)).one()


def certificates(ada) -> list[str]:
    db.session.rollback()
    return [paper.facts["completed_on"] for paper in Paper.of_person(ada.person) if paper.kind == "certificate"]


def ends_on(place, days: int):
    """Let the cohort end that many days from now; the day."""
    cohort = place.cohort
    cohort.ends_on = (now() + timedelta(days=days)).date()
    cohort.starts_on = min(cohort.starts_on, cohort.ends_on)
    db.session.commit()
    return cohort.ends_on


def test_it_is_issued_once_the_cohort_is_over_and_mailed_once(ada, place, mail, clock):
    day = ends_on(place, days=40)
    done(ada, *ALL)
    issue_certificates.call_local()
    assert certificates(ada) == []
    assert "Your certificate is issued when" in ada.get().text
    clock.advance(days=42)
    page = ada.get().text
    assert "Your certificate is being issued" in page and "Your certificate</a>" not in page
    issue_certificates.call_local()
    issue_certificates.call_local()
    assert "Your certificate</a>" in ada.get().text
    assert certificates(ada) == [day.isoformat()]
    assert len(mail.to(ada.person.email, "classroom/certificate_issued")) == 1


def test_who_is_done_after_the_cohort_has_it_at_once(ada, place, mail, clock):
    ends_on(place, days=-3)
    done(ada, *ALL)
    assert certificates(ada) == [now().date().isoformat()]
    assert len(mail.to(ada.person.email, "classroom/certificate_issued")) == 1
    issue_certificates.call_local()
    assert len(certificates(ada)) == 1


def test_at_ones_own_pace_it_is_issued_with_the_last_lesson_and_states_the_hours_of_lessons(ada, place):
    place.cohort.starts_on = place.cohort.ends_on = None
    db.session.commit()
    done(ada, *ALL)
    [paper] = Paper.of_person(ada.person)
    assert (paper.kind, paper.facts["minutes"]) == ("certificate", None)
    about = f"About {round(paper.facts['lesson_minutes'] / 60, 1):g} hours of lessons, as planned"
    assert paper.facts["lesson_minutes"] == sum(lesson.duration_minutes for lesson in db.session.query(Lesson)) > 0
    assert f"{about}; time spent is not recorded" in ada.client.get(f"/papers/{paper.number}").text


def test_a_place_that_ended_has_none(ada, place, clock):
    ends_on(place, days=40)
    done(ada, *ALL)
    db.session.get_one(Enrollment, place.id, populate_existing=True).end()
    db.session.commit()
    clock.advance(days=42)
    issue_certificates.call_local()
    assert certificates(ada) == []
