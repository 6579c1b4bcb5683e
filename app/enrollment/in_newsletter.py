"""What the newsletter can say and ask of the course: its card in an issue, and who is enrolled."""

from sqlalchemy import ColumnElement, select

from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.newsletter.issues.audience import FACTS
from app.newsletter.issues.cards import SHELVES, Card
from app.newsletter.models import Subscription
from app.payments.wording import money
from app.urls import absolute_url


def _courses() -> list[Card]:
    course = Course.current()
    return [_card(course)] if course else []


def _card(course: Course) -> Card:
    facts = [f"Price: {money(course.price_now_cents, course.currency).removesuffix('.00')}"]
    if (cohort := course.next_cohort) and not cohort.is_full:
        facts.insert(0, f"Next cohort: begins {cohort.begins}")
    url = absolute_url("enrollment.show_course")
    return Card(course.slug, course.title, course.lede, url, "See the course", tuple(facts))


def _is_enrolled() -> ColumnElement[bool]:
    places = select(Enrollment.id).where(Enrollment.person_id == Subscription.person_id, Enrollment.ended_at.is_(None))
    return places.exists()


SHELVES["course"] = _courses
FACTS["enrolled"] = _is_enrolled
