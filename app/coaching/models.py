import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.held import TakesTimes
from app.coaching.booking.reserved import ReservedTime
from app.coaching.intake import Intake, PreferredTime, Times, plain_first_name
from app.coaching.paying.models import ConsultationPayment
from app.coaching.refusals import AlreadyOver, NotBegun, TooManyOpen
from app.extensions import Model, db
from app.outbox import Email
from app.people.linked import Linked
from app.people.models import Person

PURPOSE = "consultation"
# The same request within this time is a second click, not a second wish.
SAME_WITHIN = timedelta(minutes=10)
# More open requests than this from one address in a month are a mistake, or somebody else's game with it.
MOST_OPEN = 3
COUNTED_FOR = timedelta(days=30)


class Consultation(Model, TakesTimes, Linked):
    """A conversation somebody asked for. What it has come to is told by its moments."""

    LINK_PURPOSE = PURPOSE
    IS_LOCKED_ITSELF = True

    __table_args__ = (
        Index("ix_consultation_person_requested", "person_id", "requested_at"),
        Index("ix_consultation_requested", "requested_at"),
        Index("ix_consultation_starts", "starts_at"),
        CheckConstraint(
            "(cancelled_at IS NULL AND completed_at IS NULL) OR (cancelled_at IS NULL AND no_show_at IS NULL)"
            " OR (completed_at IS NULL AND no_show_at IS NULL)",
            name="one_end",
        ),
        CheckConstraint(
            "booked_at IS NULL OR (coach_id IS NOT NULL AND starts_at IS NOT NULL AND ends_at IS NOT NULL)",
            name="booked_for_a_time",
        ),
    )

    OCCASION: ClassVar = "consultation:"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("consultation_kind.id"))
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("coach.id"), index=True)  # None while anybody would do.
    # As typed in this request: anybody can type anybody's address, so it becomes the person's only by the mailed link.
    name: Mapped[str] = mapped_column(String(120))
    career_stage: Mapped[str] = mapped_column(String(40))
    topics: Mapped[list[str]] = mapped_column(JSON)
    goals: Mapped[str] = mapped_column(default="")
    answers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    time_zone: Mapped[str] = mapped_column(String(64))
    no_preference: Mapped[bool] = mapped_column(default=False)
    has_neutral_title: Mapped[bool] = mapped_column(default=False)
    # Its time is held only while its payment page is open: nobody can change or confirm it before it is paid for.
    is_unpaid: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime] = mapped_column(default=now)
    changed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    is_cancelled_by_coach: Mapped[bool] = mapped_column(default=False)
    cancel_reason: Mapped[str] = mapped_column(default="")
    completed_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]
    private_notes: Mapped[str] = mapped_column(default="")
    reminded_day_at: Mapped[datetime | None]
    reminded_hour_at: Mapped[datetime | None]
    # What its calendar entry is known by, always, and how often that was changed (RFC 5545 §3.8.4.7, §3.8.7.4).
    uid: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    calendar_sequence: Mapped[int] = mapped_column(default=0)
    person: Mapped[Person] = relationship()
    kind: Mapped[ConsultationKind] = relationship()
    coach: Mapped[Coach | None] = relationship()
    preferred_times: Mapped[list[PreferredTime]] = relationship(
        order_by=PreferredTime.position, cascade="all, delete-orphan", passive_deletes=True
    )
    payment: Mapped[ConsultationPayment | None] = relationship(passive_deletes="all", back_populates="consultation")

    @classmethod
    def begin(cls, person: Person, intake: Intake, times: Times) -> "Consultation":
        """What `person`, locked, asks for. Raises TooManyOpen."""
        if cls.is_full_for(person):
            raise TooManyOpen
        consultation = cls(person=person)
        consultation._take(intake)
        db.session.add(consultation)
        consultation.ask_for(times)
        return consultation

    @classmethod
    def is_full_for(cls, person: Person) -> bool:
        """Whether the person has as many open requests as anybody may have."""
        return len(cls._of_the_last(COUNTED_FOR, person)) >= MOST_OPEN

    @classmethod
    def asked_just_now(cls, person: Person, intake: Intake, times: Times) -> "Consultation | None":
        """The consultation of the very same wish, if `person`, locked, sent it a moment ago."""
        lately = cls._of_the_last(SAME_WITHIN, person)
        return next((known for known in lately if known._is_same(intake, times)), None)

    @classmethod
    def open_of(cls, person: Person, most: int | None = 20) -> "list[Consultation]":
        """What the person asked for and is not over, newest first, within reason; all of it where `most` is None."""
        newest = (
            select(cls)
            .filter_by(person_id=person.id, cancelled_at=None, completed_at=None, no_show_at=None)
            .where(or_(cls.ends_at.is_(None), cls.ends_at > now()))
            .order_by(cls.requested_at.desc())
        )
        return list(db.session.scalars(newest.limit(most)))

    @classmethod
    def _of_the_last(cls, period: timedelta, person: Person) -> "list[Consultation]":
        return [consultation for consultation in cls.open_of(person) if consultation.requested_at > now() - period]

    @property
    def whose(self) -> int:
        return self.person_id

    @property
    def made_at(self) -> datetime:
        return self.requested_at

    @property
    def occasion(self) -> str:
        """What follow-ups about this consultation are started and stopped under."""
        return f"{self.OCCASION}{self.id}"

    @property
    def state(self) -> str:
        """ "requested", "held", "booked", "completed", "no-show", "cancelled" or, never paid for, "not paid".

        One whose payment is not what we asked for "does not match", until that has gone back.
        """
        if self.is_unpaid and not self.is_being_paid:
            return "does not match" if self.payment and self.payment.state == "does not match" else "not paid"
        moments = {
            "cancelled": self.cancelled_at,
            "completed": self.completed_at,
            "no-show": self.no_show_at,
            "booked": self.booked_at,
            "held": self.held_until and self.held_until > now(),
        }
        return next((state for state, moment in moments.items() if moment), "requested")

    @property
    def is_being_paid(self) -> bool:
        """Whether its time is held while its payment page is open."""
        return self.is_unpaid and not self.cancelled_at and bool(self.held_until and self.held_until > now())

    @property
    def is_over(self) -> bool:
        return bool(self.cancelled_at or self.completed_at or self.no_show_at)

    @property
    def has_begun(self) -> bool:
        return self.starts_at is not None and self.starts_at <= now()

    @property
    def may_be_changed(self) -> bool:
        """Whether it can still be moved, changed or called off: until it begins, and once it is paid for."""
        return not (self.is_over or self.has_begun or self.is_unpaid)

    @property
    def first_name(self) -> str:
        return plain_first_name(self.name)

    @property
    def intake(self) -> Intake:
        topics = tuple(self.topics)
        who = (self.kind, self.name, self.career_stage, topics)
        return Intake(*who, self.goals, self.answers, self.time_zone, self.has_neutral_title)

    @property
    def times(self) -> Times:
        return Times(tuple(time.starts_at for time in self.preferred_times), self.no_preference)

    def _is_same(self, intake: Intake, times: Times) -> bool:
        """Whether it is what they ask for, and was not moved since to a time they do not."""
        is_elsewhere = self.booked_at and not times.no_preference and self.starts_at not in times.starts
        return (self.intake, self.times) == (intake, times) and not is_elsewhere

    def change(self, intake: Intake) -> bool:
        """Take other details. Returns whether anything changed. Raises AlreadyOver."""
        if not self.may_be_changed:
            raise AlreadyOver
        if self.intake == intake:
            return False
        stands_in_calendars = self.has_neutral_title, self.name
        if self.booked_at and stands_in_calendars != (intake.has_neutral_title, intake.name):
            self.calendar_sequence += 1
        self._take(intake)
        self.changed_at = now()
        return True

    def settle(self, reserved: ReservedTime) -> None:
        """Book it for this time, and give back every other that is taken or held for it. Raises AlreadyOver."""
        if not self.may_be_changed:
            raise AlreadyOver
        if self.booked_at:
            self.calendar_sequence += 1
        reserved.consultation, reserved.held_until = self, None
        self._give_back(ReservedTime.id != reserved.id)
        reserved.take_ticks()  # Some it may have shared with one of those.
        self.coach, self.starts_at, self.ends_at = reserved.coach, reserved.starts_at, reserved.ends_at
        self.booked_at, self.held_until, self.proposed_at = now(), None, None
        self.outdate_mail()

    def outdate_mail(self) -> None:
        """Take back what waits to be sent of how it stood until now, and forget that it was reminded of.

        A booking that reached somebody after its own cancellation would put the appointment back into their calendar.
        """
        self.reminded_day_at = self.reminded_hour_at = None
        Email.expire_about(self.uid)

    def ask_for(self, times: Times) -> None:
        """Keep the times the person would like, in place of those they asked for before."""
        self.no_preference, self.proposed_at, self.preferred_times = times.no_preference, None, []
        db.session.flush()
        for position, starts_at in enumerate(times.starts, start=1):
            self.preferred_times.append(PreferredTime(position=position, starts_at=starts_at))
        db.session.flush()

    def cancel(self, reason: str = "", *, by_coach: bool = False) -> bool:
        """Call it off, and give back its time and what was paid.

        Returns False when that cannot be any more; then nothing changes.
        """
        if not self.may_be_changed:
            return False
        if self.booked_at:
            self.calendar_sequence += 1
        self.cancelled_at, self.cancel_reason, self.is_cancelled_by_coach = now(), reason, by_coach
        self.held_until = None
        self.give_back()
        self.outdate_mail()
        if self.payment:
            self.payment.give_back("called off")
        return True

    def lapse(self) -> None:
        """Free its time, for which nobody paid."""
        self.cancelled_at, self.held_until = self.cancelled_at or now(), None
        self.give_back()

    def complete(self) -> bool:
        """Note that it took place; what was never booked may have been arranged otherwise.

        Returns False when that was noted before. Raises AlreadyOver if it did not, NotBegun if it cannot have yet.
        """
        if self.cancelled_at or self.no_show_at:
            raise AlreadyOver
        if self.completed_at:
            return False
        if self.is_unpaid or (self.booked_at and not self.has_begun):
            raise NotBegun
        self.completed_at = now()
        self.let_go_held()
        return True

    def miss(self) -> bool:
        """Note that the person did not come. Returns False when that was noted before.

        Raises AlreadyOver or NotBegun.
        """
        if self.cancelled_at or self.completed_at:
            raise AlreadyOver
        if self.no_show_at:
            return False
        if not (self.booked_at and self.has_begun):
            raise NotBegun
        self.no_show_at = now()
        return True

    def reopen(self) -> bool:
        """Take back that it took place, or was missed. Returns False when neither was noted."""
        was_noted = bool(self.completed_at or self.no_show_at)
        self.completed_at = self.no_show_at = None
        return was_noted

    def prove_address(self, token: str) -> None:
        """If it was the mailed link that was used, note it: who did owns the address, and the name typed is theirs."""
        if not self.is_shown_link(token):
            self.person.take_name(self.name)
            self.person.was_here()

    def _take(self, intake: Intake) -> None:
        self.kind, self.name, self.career_stage, self.topics = *intake[:3], list(intake.topics)
        self.goals, self.answers, self.time_zone = intake.goals, intake.answers, intake.time_zone
        self.has_neutral_title = intake.has_neutral_title
