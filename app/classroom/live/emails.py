from datetime import datetime
from typing import Any

from app import outbox
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.outbox.models import ENTITY, Email
from app.urls import absolute_url


def session_tomorrow(session: LiveSession, place: Enrollment) -> None:
    """A day before the cohort meets, to whoever has a place, on their own clocks."""
    _about("session_tomorrow", session, place, expires_at=session.starts_at)


def session_changed(session: LiveSession, place: Enrollment, was_at: datetime | None) -> Email | None:
    """That it is moved, called off or has another place or, where they know it as called off, takes place after all."""
    expires_at = session.ends_at if session.set_for else was_at
    return _about("session_changed", session, place, expires_at=expires_at, was_at=was_at, set_for=session.set_for)


def _about(name: str, session: LiveSession, place: Enrollment, **more: Any) -> Email | None:
    return outbox.post(
        to=place.person,
        template=f"classroom/{name}",
        headers={ENTITY: session.uid},
        session=session,
        zone=place.person.time_zone or session.cohort.time_zone,
        sessions_url=absolute_url("classroom.list_sessions"),
        **more,
    )
