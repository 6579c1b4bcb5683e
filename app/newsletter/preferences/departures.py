"""Why somebody left: asked afterwards, never needed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db
from app.people.models import Consent, Person

REASONS = {
    "too many": "Too many letters",
    "no time": "No time to read them",
    "not for me": "Not what I hoped for",
    "moved on": "My work has changed",
    "never asked": "I never asked for them",
    "other": "Something else",
}
LONGEST_WORDS = 1000


class Departure(Model):
    """What a person said when they had left; one for each time they leave."""

    __table_args__ = (
        CheckConstraint(
            "reason IN ('', 'too many', 'no time', 'not for me', 'moved on', 'never asked', 'other')",
            name="known_reason",
        ),
        Index("ix_departure_person", "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def of(cls, person: Person) -> "Departure | None":
        """What `person` said last, if they said it since they last left."""
        left_at = db.session.scalar(
            select(Consent.at).filter_by(person_id=person.id, action="withdrawn").order_by(Consent.id.desc()).limit(1)
        )
        if left_at is None:
            return None
        newest = select(cls).where(cls.person_id == person.id, cls.at >= left_at).order_by(cls.id.desc()).limit(1)
        return db.session.scalar(newest)

    @classmethod
    def note(cls, person: Person, reason: str, words: str) -> None:
        """Keep why `person` left; said twice, the second word holds."""
        Person.for_update(person.id)
        departure = cls.of(person) or cls(person_id=person.id)
        departure.reason, departure.words, departure.at = reason, words, now()
        db.session.add(departure)

    @classmethod
    def all_of(cls, person: Person) -> "list[Departure]":
        return list(db.session.scalars(select(cls).filter_by(person_id=person.id).order_by(cls.id.desc())))

    @property
    def reason_in_words(self) -> str:
        return REASONS.get(self.reason, "")
