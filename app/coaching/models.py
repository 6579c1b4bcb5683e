from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import tokens
from app.clock import now
from app.extensions import Model, db
from app.local_times import comes_twice, in_words, instant
from app.people.models import Person

PURPOSE = "consultation"
MINIMUM_NOTICE = timedelta(hours=24)
BOOKING_WINDOW = timedelta(days=90)
MOST_TIMES = 3
# The same request within this time is a second click, not a second wish.
SAME_WITHIN = timedelta(minutes=10)
# More open requests than this from one address in a month are a mistake, or somebody else's game with it.
MOST_OPEN = 3
COUNTED_FOR = timedelta(days=30)


class TooManyOpen(Exception):
    """The person has as many open requests as anybody may have."""


class AlreadyOver(Exception):
    """What was cancelled, or has taken place, cannot be changed any more."""


class Times(NamedTuple):
    """When a person could talk: wall times on the clocks of `time_zone`, and whether other times would do as well."""

    time_zone: str
    walls: tuple[datetime, ...]
    no_preference: bool


class Wish(NamedTuple):
    """What a person asks for."""

    name: str
    career_stage: str
    topics: tuple[str, ...]
    goals: str
    times: Times


class Consultation(Model):
    """A conversation somebody asked for. What it has come to is told by its moments."""

    __table_args__ = (
        Index("ix_consultation_person_requested", "person_id", "requested_at"),
        Index("ix_consultation_requested", "requested_at"),
        CheckConstraint("cancelled_at IS NULL OR completed_at IS NULL", name="one_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    # As typed in this request: anybody can type anybody's address, so it becomes the person's only by the mailed link.
    name: Mapped[str] = mapped_column(String(120))
    career_stage: Mapped[str] = mapped_column(String(40))
    topics: Mapped[list[str]] = mapped_column(JSON)
    goals: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(String(64))
    no_preference: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(default="")
    person: Mapped[Person] = relationship()
    preferred_times: Mapped[list["PreferredTime"]] = relationship(
        order_by="PreferredTime.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def request(cls, person: Person, wish: Wish) -> "Consultation | None":
        """The consultation `person` asks for; None when they asked for the very same a moment ago.

        Raises TooManyOpen.
        """
        db.session.flush()
        # One request of a person at a time, so that both rules hold.
        Person.for_update(person.id)
        if any(consultation.is_same(wish) for consultation in cls._of_the_last(SAME_WITHIN, person)):
            return None
        if len(cls._of_the_last(COUNTED_FOR, person)) >= MOST_OPEN:
            raise TooManyOpen
        consultation = cls(person=person, name=wish.name, career_stage=wish.career_stage, topics=list(wish.topics))
        db.session.add(consultation)
        consultation._take_details(wish.goals, wish.times)
        db.session.flush()
        return consultation

    @classmethod
    def open_of(cls, person: Person) -> "list[Consultation]":
        """What the person asked for and is not over, newest first, within reason."""
        newest = (
            select(cls)
            .filter_by(person_id=person.id, cancelled_at=None, completed_at=None)
            .order_by(cls.requested_at.desc())
        )
        return list(db.session.scalars(newest.limit(20)))

    @classmethod
    def _of_the_last(cls, period: timedelta, person: Person) -> "list[Consultation]":
        return [consultation for consultation in cls.open_of(person) if consultation.requested_at > now() - period]

    @classmethod
    def from_link(cls, token: str, *, for_update: bool = False) -> "Consultation | None":
        """The consultation whose private link this is."""
        consultation_id, made_at = cls._read_link(token)
        consultation = db.session.get(cls, consultation_id, with_for_update=for_update) if consultation_id else None
        return consultation if consultation and consultation._made_at == made_at else None

    @classmethod
    def id_in_link(cls, token: str) -> int | None:
        """The number of the consultation whose private link this is, without asking whether it is still there."""
        return cls._read_link(token)[0]

    @classmethod
    def _read_link(cls, token: str) -> tuple[int, int] | tuple[None, None]:
        try:
            consultation_id, made_at = tokens.read(PURPOSE, token)
        except tokens.InvalidToken:
            return None, None
        return consultation_id, made_at

    @property
    def link_token(self) -> str:
        """It works for ever; what it still allows depends on the state."""
        return tokens.sign(PURPOSE, [self.id, self._made_at])

    @property
    def _made_at(self) -> int:
        # A database may give the number of an erased consultation to the next one; the moment tells them apart.
        return int(self.requested_at.timestamp())

    @property
    def occasion(self) -> str:
        """What follow-ups about this consultation are started and stopped under."""
        return f"consultation:{self.id}"

    @property
    def state(self) -> str:
        """ "requested", "completed" or "cancelled"."""
        if self.completed_at:
            return "completed"
        return "cancelled" if self.cancelled_at else "requested"

    @property
    def is_over(self) -> bool:
        return self.state != "requested"

    @property
    def first_name(self) -> str:
        """What to call the person in a mail: only a plain word, so that no stranger can mail them a text of his own."""
        first = self.name.split()[0] if self.name.strip() else ""
        return first if first.replace("-", "").replace("'", "").isalpha() and len(first) <= 30 else ""

    def is_same(self, wish: Wish) -> bool:
        """Whether `wish` asks for nothing that this consultation does not ask for."""
        return self._as_wish() == wish

    def change(self, goals: str, times: Times) -> bool:
        """Take other details. Returns whether anything changed. Raises AlreadyOver."""
        if self.is_over:
            raise AlreadyOver
        if (self.goals, self.times) == (goals, times):
            return False
        self._take_details(goals, times)
        self.changed_at = now()
        return True

    def cancel(self, reason: str = "") -> bool:
        """Call it off. Returns False when it is over already; then nothing changes."""
        if self.is_over:
            return False
        self.cancelled_at, self.cancel_reason = now(), reason
        return True

    def complete(self) -> bool:
        """Note that it took place. Returns False when that was noted before. Raises AlreadyOver if cancelled."""
        if self.cancelled_at:
            raise AlreadyOver
        if self.completed_at:
            return False
        self.completed_at = now()
        return True

    def prove_address(self) -> None:
        """Note that the mailed link was used: who did owns the address, and the name typed with it is theirs."""
        self.person.take_name(self.name)
        self.person.was_here()

    def _take_details(self, goals: str, times: Times) -> None:
        self.goals, self.time_zone, self.no_preference = goals, times.time_zone, times.no_preference
        self.preferred_times.clear()
        db.session.flush()  # The old rows go before new ones take their positions.
        for position, wall in enumerate(times.walls, start=1):
            self.preferred_times.append(PreferredTime.at(wall, times.time_zone, position))

    def _as_wish(self) -> Wish:
        return Wish(self.name, self.career_stage, tuple(self.topics), self.goals, self.times)

    @property
    def times(self) -> Times:
        return Times(self.time_zone, tuple(time.wall for time in self.preferred_times), self.no_preference)


class PreferredTime(Model):
    """A time that suits the person: the instant, and what they typed, should the rules of their zone change."""

    __table_args__ = (
        UniqueConstraint("consultation_id", "position"),
        CheckConstraint(f"position BETWEEN 1 AND {MOST_TIMES}", name="few_positions"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id", ondelete="CASCADE"))
    position: Mapped[int]
    starts_at: Mapped[datetime]
    wall_time: Mapped[str] = mapped_column(String(16))
    time_zone: Mapped[str] = mapped_column(String(64))

    @classmethod
    def at(cls, wall: datetime, zone: str, position: int) -> "PreferredTime":
        """Raises SkippedTime."""
        wall_time = wall.isoformat(timespec="minutes")
        return cls(position=position, starts_at=instant(wall, zone), wall_time=wall_time, time_zone=zone)

    @property
    def wall(self) -> datetime:
        return datetime.fromisoformat(self.wall_time)

    @property
    def comes_twice(self) -> bool:
        """Whether the clocks are set back over it; then the first of the two is meant."""
        return comes_twice(self.starts_at, self.time_zone)

    def in_words(self, zone: str | None = None) -> str:
        """On the clocks it was given in, or on those of `zone`."""
        return in_words(self.starts_at, zone or self.time_zone)
