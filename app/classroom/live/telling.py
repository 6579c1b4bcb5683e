"""What learners are e-mailed when a session is moved, called off, set again or meets elsewhere: each the news, once."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, and_, case, delete, func, literal, or_, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.classroom.live import emails
from app.classroom.live.reminding import SessionReminder
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession, session_changed
from app.extensions import Model, db, insert_with_conflict
from app.outbox import Email
from app.people.models import Person

AT_ONCE = 50
AS_THEY_ARE = {"populate_existing": True}
IN_DOUBT = "\n"  # No place is that.


class SessionNews(Model):
    """That somebody is to be told of a session, or by which mail they are: taken back unsent, it has told nobody."""

    session_id: Mapped[int] = mapped_column(ForeignKey("live_session.id", ondelete="CASCADE"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(
        ForeignKey("enrollment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    # When it was to begin as far as they know, whatever it was changed to since; None where they know it as called off.
    was_at: Mapped[datetime | None]
    was_place: Mapped[str] = mapped_column(String(500))
    email_id: Mapped[int | None] = mapped_column(ForeignKey("email.id", ondelete="CASCADE"), index=True)
    email: Mapped[Email | None] = relationship()

    @classmethod
    def readers(cls, session: LiveSession) -> int:
        """How many are to be told of the session."""
        waiting = select(func.count()).select_from(cls).where(cls.session_id == session.id, cls.email_id.is_(None))
        return db.session.scalars(waiting).one()

    @classmethod
    def begin_anew(cls, session: LiveSession, was_at: datetime | None) -> None:
        """Whose mail is taken back unsent is to be told from what they knew before it.

        Where it may have reached them, they are to be told in any case, however the session is changed next: from when
        it was set for before this change, as that mail said, if nothing has changed but for that.
        """
        mine, maybe = cls.session_id == session.id, or_(Email.claimed_by.is_not(None), Email.unanswered > 0)
        db.session.execute(delete(cls).where(mine, cls.email.has(Email.sent_at.is_not(None))))
        told_from = case((cls.was_at == session.set_for, was_at), else_=func.coalesce(cls.was_at, was_at))
        in_doubt = update(cls).where(mine, cls.email.has(maybe)).values(was_at=told_from, was_place=IN_DOUBT)
        db.session.execute(in_doubt.execution_options(synchronize_session=False))
        db.session.execute(update(cls).where(mine).values(email_id=None))

    @classmethod
    def is_none(cls, session: LiveSession) -> ColumnElement[bool]:
        """The condition under which the session is as they know it, or only its first place is not."""
        is_known_there = or_(cls.was_at.is_(None), cls.was_place.in_(["", session.place]))
        return and_(cls.was_at == session.set_for, is_known_there, cls.was_place != IN_DOUBT)


@session_changed.connect
def begin_telling(session: LiveSession, was_at: datetime | None, was_place: str) -> None:
    """Let all who have a place now be told, and reminded anew: of a first place only that, of another only told."""
    is_moved = session.set_for != was_at
    if is_moved or not was_place:
        db.session.execute(delete(SessionReminder).where(SessionReminder.session_id == session.id))
    until = session.ends_at if session.set_for else was_at
    if until and until > now():
        SessionNews.begin_anew(session, was_at)
        if is_moved or was_place:
            _add_news(session, was_at, was_place)
    no_news = SessionNews.session_id == session.id, SessionNews.is_none(session)
    db.session.execute(delete(SessionNews).where(*no_news))


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
    untold = SessionNews.email_id.is_(None)
    next_one = select(SessionNews.session_id).where(untold).order_by(SessionNews.session_id).limit(1)
    if (session_id := db.session.scalar(next_one)) is None:
        return False
    session = db.session.get(LiveSession, session_id, with_for_update=True, populate_existing=True)
    mine = select(SessionNews).where(SessionNews.session_id == session_id, untold).limit(AT_ONCE)
    news = {each.enrollment_id: each for each in db.session.scalars(mine, execution_options=AS_THEY_ARE)}
    if session:
        for place in _reached(session, list(news)):
            news[place.id].email = emails.session_changed(
                session, place, news[place.id].was_at or (None if session.set_for else session.starts_at)
            )
    for each in news.values():
        if not each.email:
            db.session.delete(each)
    return True


def _reached(session: LiveSession, place_ids: list[int]) -> list[Enrollment]:
    places = select(Enrollment).join(Enrollment.order).where(Enrollment.id.in_(place_ids), Enrollment.opens())
    places = places.where(Enrollment.cohort_id == session.cohort_id).order_by(Enrollment.id)
    return list(db.session.scalars(places.options(joinedload(Enrollment.person)), execution_options=AS_THEY_ARE))
