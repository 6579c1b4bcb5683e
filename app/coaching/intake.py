"""What somebody tells of themselves who asks for a consultation, and the times they could talk."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.coaching.availability.kinds import ConsultationKind
from app.extensions import Model
from app.local_times import comes_twice, in_words

MOST_TIMES = 3


class Intake(NamedTuple):
    """What the form says. `answers` are those to the questions of the kind, by their keys."""

    kind: ConsultationKind
    name: str
    career_stage: str
    topics: tuple[str, ...]
    goals: str
    answers: dict[str, str]
    time_zone: str
    has_neutral_title: bool = False


class Times(NamedTuple):
    """When a person could talk, best first, and whether other times would do as well."""

    starts: tuple[datetime, ...]
    no_preference: bool = False


class Asked(NamedTuple):
    """What is asked for in the name of a normalized address: with one coach or, where none is named, with any.

    `page` is where they asked, for the consent ledger.
    """

    address: str
    intake: Intake
    times: Times
    coach_id: int | None
    wants_newsletter: bool
    page: str


class PreferredTime(Model):
    """A time that suits the person, whether or not it is still held for them."""

    __table_args__ = (
        UniqueConstraint("consultation_id", "position"),
        CheckConstraint(f"position BETWEEN 1 AND {MOST_TIMES}", name="few_positions"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id", ondelete="CASCADE"))
    position: Mapped[int]
    starts_at: Mapped[datetime]

    def in_words(self, zone: str) -> str:
        """On the clocks of `zone`."""
        return in_words(self.starts_at, zone)

    def comes_twice(self, zone: str) -> bool:
        """Whether the clocks of `zone` are set back over it, so that its words fit another time too."""
        return comes_twice(self.starts_at, zone)


def plain_first_name(name: str) -> str:
    """What to call somebody in a mail: only a plain word, so that no stranger can mail them a text of his own."""
    first = name.split()[0] if name.strip() else ""
    return first if first.replace("-", "").replace("'", "").isalpha() and len(first) <= 30 else ""
