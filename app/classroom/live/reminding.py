"""Reminders of live sessions, a day before: to everybody whose place opens the classroom, once."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, and_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from app.classroom.live import emails
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.extensions import Model, db, insert_with_conflict

BEFORE = timedelta(hours=24)
AT_ONCE = 50


class SessionReminder(Model):
    """Who was reminded of which session, for the moment at which it was to begin: moved, it is told anew."""

    session_id: Mapped[int] = mapped_column(ForeignKey("live_session.id", ondelete="CASCADE"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(
        ForeignKey("enrollment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)


def remind_some() -> bool:
    """Write the next reminders that are due, each by whoever is faster; whether there may be more."""
    due = _due()
    if due:
        rows = [{"session_id": each[0], "enrollment_id": each[1], "starts_at": each[2]} for each in due]
        claim = insert_with_conflict(SessionReminder).on_conflict_do_nothing()
        keys = SessionReminder.session_id, SessionReminder.enrollment_id, SessionReminder.starts_at
        mine = db.session.execute(claim.values(rows).returning(*keys)).all()
        _write([(session_id, enrollment_id, starts_at) for session_id, enrollment_id, starts_at in mine])
    return len(due) == AT_ONCE


def _due() -> list[tuple[int, int, datetime]]:
    told = select(SessionReminder.session_id).where(
        SessionReminder.session_id == LiveSession.id,
        SessionReminder.enrollment_id == Enrollment.id,
        SessionReminder.starts_at == LiveSession.starts_at,
    )
    is_soon = and_(LiveSession.starts_at > now(), LiveSession.starts_at <= now() + BEFORE)
    soon = and_(is_soon, LiveSession.cancelled_at.is_(None))
    due = (
        select(LiveSession.id, Enrollment.id, LiveSession.starts_at)
        .join(Enrollment, Enrollment.cohort_id == LiveSession.cohort_id)
        .join(Enrollment.order)
        .where(soon, Enrollment.opens(), ~told.exists())
    )
    found = db.session.execute(due.order_by(LiveSession.starts_at, Enrollment.id).limit(AT_ONCE))
    return [(session_id, enrollment_id, starts_at) for session_id, enrollment_id, starts_at in found]


def _write(mine: list[tuple[int, int, datetime]]) -> None:
    """None of a session that was changed a moment ago: who changes one after that waits, and takes these back."""
    sessions = select(LiveSession).where(LiveSession.id.in_({session_id for session_id, _, _ in mine}))
    sessions = sessions.options(joinedload(LiveSession.cohort).joinedload(Cohort.course)).order_by(LiveSession.id)
    sessions = sessions.with_for_update(read=True, of=LiveSession)
    places = select(Enrollment).where(Enrollment.id.in_({place_id for _, place_id, _ in mine}))
    as_they_are = {"populate_existing": True}
    session_of = {session.id: session for session in db.session.scalars(sessions, execution_options=as_they_are)}
    place_of = {place.id: place for place in db.session.scalars(places.options(joinedload(Enrollment.person)))}
    for session_id, place_id, starts_at in sorted(mine):
        if session_of[session_id].set_for == starts_at:
            emails.session_tomorrow(session_of[session_id], place_of[place_id])
