from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup
from sqlalchemy import ForeignKey, Index, Select, String, and_, func, insert, literal, or_, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import markdown
from app.classroom.announcements import emails
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import Model, db
from app.followups import merge
from app.followups.models import ENROLLED
from app.newsletter.issues.seen import mark_of
from app.people.models import Person

WAITING = text("posted_at IS NULL")
AT_ONCE = 50
# The merge fields of an announcement: as letters to who has just enrolled have them.
FIELDS = merge.fields_after(ENROLLED)


class Read(NamedTuple):
    """An announcement with its merge fields filled."""

    subject: str
    text: str
    html: Markup


class ChangedSince(Exception):
    """Nothing was sent: it says something else than what was seen."""


class Announcement(Model):
    """A letter to all who have a place in a cohort: a draft until it is sent."""

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    cohort: Mapped[Cohort] = relationship()

    def read_by(self, person: Person) -> Read:
        """As `person` reads it."""
        return self._read(merge.values_for(person, self._occasion))

    @property
    def example(self) -> Read:
        """As somebody would read it, to see how it looks."""
        return self._read(lambda field: self._occasion.get(field) or merge.example_of(field))

    def _read(self, values: merge.Values) -> Read:
        html = merge.fill_html(markdown.link_addresses(self.text), values)
        return Read(merge.fill(self.subject, values), merge.fill_plain(self.text, values), html)

    @property
    def mark(self) -> str:
        """Of what it says now: sent along by who has seen that."""
        return mark_of(self.subject, self.text)

    @property
    def _occasion(self) -> dict[str, str]:
        return {"cohort_name": self.cohort.name, "starts_on": self.cohort.begins}

    @property
    def number_of_readers(self) -> int:
        """How many would get it now, or were to get it."""
        if self.sent_at:
            copies = select(func.count()).select_from(AnnouncementCopy).filter_by(announcement_id=self.id)
            return db.session.scalars(copies).one()
        return db.session.scalars(select(func.count()).select_from(self._places().subquery())).one()

    def _places(self) -> Select[int, int]:
        """The number of this and of each place whose person gets it now: who was erased has no address any more."""
        places = select(literal(self.id), Enrollment.id).join(Enrollment.order).join(Enrollment.person)
        return places.where(Enrollment.cohort_id == self.cohort_id, Enrollment.opens(), Person.erased_at.is_(None))

    def send(self, seen: str) -> bool:
        """Let all who have a place now get it, once; False when it was sent. A task writes the mails.

        `seen` is the mark of what its sender saw. Raises ChangedSince if that is not what would be sent. Lock it first.
        """
        if self.sent_at is None and seen != self.mark:
            raise ChangedSince
        mine = update(Announcement).where(Announcement.id == self.id, Announcement.sent_at.is_(None))
        if db.session.scalar(mine.values(sent_at=now()).returning(Announcement.id)) is None:
            return False
        into = insert(AnnouncementCopy)
        db.session.execute(into.from_select(["announcement_id", "enrollment_id"], self._places()))
        return True

    @classmethod
    def of_cohort(cls, cohort: Cohort) -> "list[Announcement]":
        return list(db.session.scalars(select(cls).filter_by(cohort_id=cohort.id).order_by(cls.id.desc()).limit(100)))

    @classmethod
    def told_to(cls, person: Person) -> "list[Announcement]":
        """Those sent to the cohorts in which the person has a place that opens the classroom, those sent to another
        until they moved it from there, and whatever they were sent by such a place before; newest first.
        """
        mine = select(Enrollment.id).join(Enrollment.order).where(Enrollment.person_id == person.id, Enrollment.opens())
        before = and_(Enrollment.moved_from_id == cls.cohort_id, Enrollment.moved_at >= cls.sent_at)
        copy = select(AnnouncementCopy).filter_by(announcement_id=cls.id, enrollment_id=Enrollment.id)
        copied = copy.correlate(cls, Enrollment).exists()
        are_theirs = mine.where(or_(Enrollment.cohort_id == cls.cohort_id, before, copied)).correlate(cls).exists()
        sent = select(cls).where(are_theirs, cls.sent_at.is_not(None))
        return list(db.session.scalars(sent.order_by(cls.sent_at.desc(), cls.id.desc()).limit(100)))


class AnnouncementCopy(Model):
    """That somebody is to get an announcement, and when their mail was written."""

    __table_args__ = (
        Index("ix_announcement_copy_waiting", "announcement_id", sqlite_where=WAITING, postgresql_where=WAITING),
    )

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id", ondelete="CASCADE"), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(
        ForeignKey("enrollment.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    posted_at: Mapped[datetime | None]
    announcement: Mapped[Announcement] = relationship()
    enrollment: Mapped[Enrollment] = relationship()

    @classmethod
    def post_some(cls) -> bool:
        """Write the next mails, to those whose place still opens the classroom; whether there may be more.

        Another worker takes others meanwhile, and what is not committed is as if it had not been begun.
        """
        waiting = select(cls).where(cls.posted_at.is_(None)).order_by(cls.announcement_id, cls.enrollment_id)
        locked = waiting.limit(AT_ONCE).with_for_update(of=cls, skip_locked=True)
        with_all = (
            joinedload(cls.announcement).joinedload(Announcement.cohort),
            joinedload(cls.enrollment).joinedload(Enrollment.person),
            joinedload(cls.enrollment).joinedload(Enrollment.order).load_only(Order.dispute_status),
        )
        as_it_is = {"populate_existing": True}
        copies = list(db.session.scalars(locked.options(*with_all), execution_options=as_it_is))
        for copy in copies:
            copy.posted_at = now()
            if copy.enrollment.ended_at is None and not copy.enrollment.is_suspended:
                emails.announcement(copy.enrollment.person, copy.announcement)
        return len(copies) == AT_ONCE
