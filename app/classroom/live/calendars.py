"""The live sessions of a learner as a calendar to subscribe to, at a secret address that can be changed."""

from datetime import timedelta
from hashlib import sha256

from icalendar import STATUS
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from app import calendar_file, tokens
from app.calendar_file import Appointment, Mailbox
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.extensions import Model, db, insert_with_conflict
from app.people.models import Person
from app.urls import absolute_url

PURPOSE = "learners-calendar"
GOES_BACK = timedelta(days=30)


class LearnersCalendar(Model):
    """Whose calendar has had another address, and how often: each makes those before void."""

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    number: Mapped[int]

    @classmethod
    def change_address(cls, person: Person) -> None:
        row = insert_with_conflict(cls).values(person_id=person.id, number=1)
        db.session.execute(
            row.on_conflict_do_update(index_elements=[cls.person_id], set_={"number": LearnersCalendar.number + 1})
        )


def address_of(person: Person) -> str:
    """Where the person's calendar is; whoever knows it can read it."""
    number = db.session.scalar(select(LearnersCalendar.number).filter_by(person_id=person.id)) or 0
    return absolute_url("learners_calendar.show", token=tokens.sign_shared(PURPOSE, [person.id, number]))


def person_at(token: str) -> Person | None:
    """The person whose calendar is at the address with this token."""
    try:
        person_id, number = tokens.read_shared(PURPOSE, token)
    except tokens.InvalidToken:
        return None
    current = func.coalesce(LearnersCalendar.number, 0) == number
    person = select(Person).outerjoin(LearnersCalendar, LearnersCalendar.person_id == Person.id)
    return db.session.scalar(person.where(Person.id == person_id, Person.erased_at.is_(None), current))


def sessions_of(person: Person) -> list[LiveSession]:
    """Those of the cohorts in which the person has a place that opens the classroom, from a month ago on, in order;
    those that were called off too.
    """
    cohorts = select(Enrollment.cohort_id).join(Enrollment.order).where(Enrollment.person_id == person.id)
    wanted = select(LiveSession).where(
        LiveSession.cohort_id.in_(cohorts.where(Enrollment.opens())), LiveSession.starts_at > now() - GOES_BACK
    )
    with_course = joinedload(LiveSession.cohort).joinedload(Cohort.course)
    return list(db.session.scalars(wanted.order_by(LiveSession.starts_at, LiveSession.id).options(with_course)))


class Feed:
    """The calendar as it is now. It follows a move to another cohort, and is empty once nothing opens the classroom."""

    def __init__(self, person: Person) -> None:
        self._entries = [_entry(session, person) for session in sessions_of(person)] if person.active else []

    @property
    def etag(self) -> str:
        """The same as long as nothing in it changes but the time at which it is asked for."""
        lasting = [entry._replace(stamped_at=entry.starts_at) for entry in self._entries]
        return sha256(repr(lasting).encode()).hexdigest()[:32]

    @property
    def file(self) -> str:
        return calendar_file.feed(self._entries, "Live sessions")


def _entry(session: LiveSession, person: Person) -> Appointment:
    return Appointment(
        uid=session.uid,
        sequence=session.sequence,
        stamped_at=now(),
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        attendee=Mailbox(person.email),  # Of a calendar to subscribe to, no part.
        summary=f"{session.title}, {session.cohort.course.title}",
        description=f"Everything about it stands in the classroom: {absolute_url('classroom.list_sessions')}",
        location=session.place,
        url=session.join_url,
        status=STATUS.CANCELLED if session.cancelled_at else STATUS.CONFIRMED,
    )
