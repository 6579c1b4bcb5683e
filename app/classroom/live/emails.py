from app import outbox
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.outbox.models import ENTITY
from app.urls import absolute_url


def session_tomorrow(session: LiveSession, place: Enrollment) -> None:
    """A day before the cohort meets, to whoever has a place, on their own clocks."""
    outbox.post(
        to=place.person,
        template="classroom/session_tomorrow",
        headers={ENTITY: session.uid},
        expires_at=session.starts_at,
        session=session,
        zone=place.person.time_zone or session.cohort.time_zone,
        sessions_url=absolute_url("classroom.list_sessions"),
    )
