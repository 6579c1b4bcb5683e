"""What learners are e-mailed when a session is moved, called off, set again or meets elsewhere: each the news, once."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, func, literal, or_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from app.classroom.live import emails
from app.classroom.live.reminding import SessionReminder
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession, session_changed
from app.extensions import Model, db, insert_with_conflict
from app.people.models import Person

AT_ONCE = 50


class SessionNews(Model):
    """That somebody is to be told of a session. It is gone once their mail is written, or there is no news any more."""

    session_id: Mapped[int] = mapped_column(ForeignKey("live_session.id", ondelete="CASCADE"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(
        ForeignKey("enrollment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    # When it was to begin as far as they know, whatever it was changed to since; None where they know it as called off.
    was_at: Mapped[datetime | None]
    was_place: Mapped[str] = mapped_column(String(500))

    @classmethod
    def readers(cls, session: LiveSession) -> int:
        """How many are to be told of the session."""
        waiting = select(func.count()).select_from(cls).where(cls.session_id == session.id)
        return db.session.scalars(waiting).one()


@session_changed.connect
def begin_telling(session: LiveSession, was_at: datetime | None, was_place: str) -> None:
    """Let all who have a place now be told, and reminded anew: of a first place only that, of another only told."""
    is_moved = session.set_for != was_at
    if is_moved or not was_place:
        db.session.execute(delete(SessionReminder).where(SessionReminder.session_id == session.id))
    until = session.ends_at if session.set_for else was_at
    if until and until > now() and (is_moved or was_place):
        _add_news(session, was_at, was_place)
    is_known_there = or_(SessionNews.was_at.is_(None), SessionNews.was_place == session.place)
    no_news = SessionNews.was_at == session.set_for, is_known_there
    db.session.execute(delete(SessionNews).where(SessionNews.session_id == session.id, *no_news))


def _add_news(session: LiveSession, was_at: datetime | None, was_place: str) -> None:
    news = (literal(session.id), Enrollment.id, literal(was_at, SessionNews.was_at.type), literal(was_place))
    places = select(*news).join(Enrollment.order).join(Enrollment.person)
    places = places.where(Enrollment.cohort_id == session.cohort_id, Enrollment.opens(), Person.erased_at.is_(None))
    columns = ["session_id", "enrollment_id", "was_at", "was_place"]
    db.session.execute(insert_with_conflict(SessionNews).from_select(columns, places).on_conflict_do_nothing())


def tell_some() -> bool:
    """Write the next mails, to those whose place still opens the classroom; whether there may be more.

    The session is locked before its news are taken, and whoever changes it adds theirs after: no change goes untold.
    """
    session_id = db.session.scalar(select(SessionNews.session_id).order_by(SessionNews.session_id).limit(1))
    if session_id is None:
        return False
    session = db.session.get(LiveSession, session_id, with_for_update=True, populate_existing=True)
    mine = select(SessionNews.enrollment_id).where(SessionNews.session_id == session_id).limit(AT_ONCE)
    taken = delete(SessionNews).where(SessionNews.session_id == session_id, SessionNews.enrollment_id.in_(mine))
    rows = db.session.execute(taken.returning(SessionNews.enrollment_id, SessionNews.was_at)).all()
    was_at = {enrollment_id: moment for enrollment_id, moment in rows}
    if session:
        for place in _reached(session, list(was_at)):
            emails.session_changed(session, place, was_at[place.id])
    return True


def _reached(session: LiveSession, place_ids: list[int]) -> list[Enrollment]:
    places = select(Enrollment).join(Enrollment.order).where(Enrollment.id.in_(place_ids), Enrollment.opens())
    places = places.where(Enrollment.cohort_id == session.cohort_id).order_by(Enrollment.id)
    as_they_are = {"populate_existing": True}
    return list(db.session.scalars(places.options(joinedload(Enrollment.person)), execution_options=as_they_are))
