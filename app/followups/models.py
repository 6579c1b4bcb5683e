from datetime import datetime, timedelta

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Model, db
from app.followups.holds import held_until
from app.people.models import Consent, Person
from app.people.suppressions import Suppression

# What a sequence is for. Each is also a purpose of the consent ledger: who withdrew it gets no step of it.
PURPOSES = ("newsletter", "coaching", "course")
LATER = timedelta(hours=1)
RUNNING = text("next_at IS NOT NULL")


class Sequence(Model):
    """Letters that follow one another, such as the newsletter's welcome."""

    __table_args__ = (CheckConstraint("purpose IN ('newsletter', 'coaching', 'course')", name="known_purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(default="")
    steps: Mapped[list["SequenceStep"]] = relationship(
        back_populates="sequence", cascade="all, delete-orphan", order_by="SequenceStep.position"
    )

    @classmethod
    def named(cls, name: str) -> "Sequence | None":
        return db.session.scalar(select(cls).filter_by(name=name))

    def step_from(self, position: int, passed: set[str]) -> "SequenceStep | None":
        """The first step at `position` or after it whose slug is not among `passed`."""
        return next((step for step in self.steps if step.position >= position and step.slug not in passed), None)


class SequenceStep(Model):
    """One letter of a sequence, and how long after the one before it (or after the start) it goes out."""

    __table_args__ = (
        UniqueConstraint("sequence_id", "slug"),
        CheckConstraint("delay_hours >= 0", name="delay_not_negative"),
        Index("ix_sequence_step_order", "sequence_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id", ondelete="CASCADE"))
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(200))
    preview: Mapped[str] = mapped_column(String(200), default="")
    delay_hours: Mapped[int]
    body: Mapped[str]
    sequence: Mapped[Sequence] = relationship(back_populates="steps")


class SequenceRun(Model):
    """A person on the way through a sequence, for one occasion, such as "consultation:12"."""

    __table_args__ = (
        UniqueConstraint("sequence_id", "person_id", "occasion"),
        CheckConstraint(
            "(next_at IS NULL) = (stopped_at IS NOT NULL OR finished_at IS NOT NULL)", name="runs_until_it_ends"
        ),
        Index("ix_sequence_run_due", "next_at", postgresql_where=RUNNING, sqlite_where=RUNNING),
        Index("ix_sequence_run_person", "person_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    occasion: Mapped[str] = mapped_column(String(80), default="")
    values: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime] = mapped_column(default=now)
    next_step: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str] = mapped_column(String(80), default="")
    finished_at: Mapped[datetime | None]
    sequence: Mapped[Sequence] = relationship()
    person: Mapped[Person] = relationship()

    @classmethod
    def of(cls, sequence: Sequence, person: Person, occasion: str) -> "SequenceRun | None":
        return db.session.scalar(select(cls).filter_by(sequence=sequence, person=person, occasion=occasion))

    @classmethod
    def begin(cls, sequence: Sequence, person: Person, occasion: str, values: dict[str, str]) -> "SequenceRun":
        """The run for this occasion, begun now if it never was. One that ended stays ended."""
        db.session.flush()  # A person made a moment ago has no id yet.
        if run := cls.of(sequence, person, occasion):
            return run
        try:
            with db.session.begin_nested():
                run = cls(sequence=sequence, person=person, occasion=occasion, values=values)
                run._wait_for(sequence.step_from(0, set()))
                db.session.add(run)
        except IntegrityError:  # Somebody else began it between our look and our write.
            return db.session.scalars(select(cls).filter_by(sequence=sequence, person=person, occasion=occasion)).one()
        return run

    @classmethod
    def next_due(cls) -> "SequenceRun | None":
        """The run longest due, locked until commit. No other worker gets it meanwhile."""
        longest_due = (
            select(cls.id).where(cls.next_at <= now()).order_by(cls.next_at).limit(1).with_for_update(skip_locked=True)
        )
        if (run_id := db.session.scalar(longest_due)) is None:
            return None
        return db.session.get_one(cls, run_id, populate_existing=True)

    def take_step(self) -> SequenceStep | None:
        """The step to send now, noted as passed; None when the run ends or waits here. Lock the run first."""
        if not self.may_go_on:
            self.stop("the person left, or is suppressed")
            return None
        if until := held_until(self.person, self.sequence.purpose):
            self.next_at = until
            return None
        passed = PassedStep.slugs_of(self)
        step = self.sequence.step_from(self.next_step, passed)
        if step:
            db.session.add(PassedStep(run=self, slug=step.slug))
            self._wait_for(self.sequence.step_from(step.position + 1, passed | {step.slug}))
        else:
            self._wait_for(None)
        return step

    @property
    def may_go_on(self) -> bool:
        """Whether the person still takes mail of this purpose; asked again before each step."""
        if Suppression.of(self.person.email):
            return False
        return self.person.active and Consent.last_word(self.person, self.sequence.purpose) != "withdrawn"

    def stop(self, reason: str) -> None:
        self.next_at, self.stopped_at, self.stop_reason = None, now(), reason

    def _wait_for(self, step: SequenceStep | None) -> None:
        if step is None:
            self.next_at, self.finished_at = None, now()
        else:
            self.next_step, self.next_at = step.position, now() + timedelta(hours=step.delay_hours)

    @classmethod
    def put_off(cls, run_id: int) -> None:
        """Try a step that could not be written again later, so that the runs behind it get their turn."""
        db.session.execute(update(cls).where(cls.id == run_id, cls.next_at.is_not(None)).values(next_at=now() + LATER))


class PassedStep(Model):
    """A step that was written to a person. The key sees to it that none repeats, however steps are edited later."""

    run_id: Mapped[int] = mapped_column(ForeignKey("sequence_run.id", ondelete="CASCADE"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    run: Mapped[SequenceRun] = relationship()

    @classmethod
    def slugs_of(cls, run: SequenceRun) -> set[str]:
        return set(db.session.scalars(select(cls.slug).where(cls.run_id == run.id)))
