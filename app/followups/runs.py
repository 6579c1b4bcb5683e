from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Model, db
from app.followups.holds import ends_at, held_until
from app.followups.models import Sequence, SequenceStep
from app.people.models import Consent, Person
from app.people.suppressions import MOVED, Suppression

LATER = timedelta(hours=1)
RUNNING = text("next_at IS NOT NULL")


class SequenceRun(Model):
    """A person on the way through one version of a sequence, for one occasion, such as "consultation:12"."""

    __table_args__ = (
        UniqueConstraint("sequence_id", "person_id", "occasion"),
        CheckConstraint(
            "(next_at IS NULL) = (stopped_at IS NOT NULL OR finished_at IS NOT NULL)", name="runs_until_it_ends"
        ),
        CheckConstraint("next_at IS NULL OR due_at IS NOT NULL", name="due_while_it_runs"),
        Index("ix_sequence_run_due", "next_at", postgresql_where=RUNNING, sqlite_where=RUNNING),
        Index("ix_sequence_run_on_the_way", "sequence_id", "version", postgresql_where=RUNNING, sqlite_where=RUNNING),
        Index("ix_sequence_run_person", "person_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    occasion: Mapped[str] = mapped_column(String(80), default="")
    values: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime] = mapped_column(default=now)
    next_step: Mapped[int] = mapped_column(default=0)
    # When the next step is due by its delay, and when to look at it: later, while something holds it back.
    due_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str] = mapped_column(String(80), default="")
    finished_at: Mapped[datetime | None]
    sequence: Mapped[Sequence] = relationship()
    person: Mapped[Person] = relationship()

    @classmethod
    def begin(cls, sequence: Sequence, person: Person, occasion: str, values: dict[str, str]) -> "SequenceRun":
        """The run for this occasion, begun now if it never was. One that ended stays ended.

        Take the sequence from Sequence.started_by, and lock the person first.
        """
        known = select(cls).filter_by(sequence=sequence, person=person, occasion=occasion)
        if run := db.session.scalar(known):
            return run
        run = cls(sequence=sequence, version=sequence.version, person=person, occasion=occasion, values=values)
        run._wait_for(*run._steps_from(0, 1))
        db.session.add(run)
        return run

    @classmethod
    def whose_turn(cls, most: int, *chosen: ColumnElement[bool]) -> list[int]:
        """The numbers of those who have waited longest for a letter, locked until commit.

        No other worker gets them meanwhile.
        """
        waiting = (
            select(Person.id).join(cls, cls.person_id == Person.id).where(cls.next_at <= now(), cls.due_at <= now())
        )
        locked = waiting.with_for_update(of=Person, key_share=True, skip_locked=True)
        return list(dict.fromkeys(db.session.scalars(locked.where(*chosen).order_by(cls.next_at).limit(most))))

    @classmethod
    def turn_of(cls, person_id: int) -> Person | None:
        """The person of this number as they are now, locked until commit; None when it is not their turn any more."""
        if not cls.whose_turn(1, Person.id == person_id):
            return None
        return db.session.get_one(Person, person_id, populate_existing=True)

    @classmethod
    def hold_back(cls, person_ids: Collection[int]) -> list[int]:
        """Put off what is due of those of these people who get nothing now. Gives the others. Lock them first."""
        due = select(cls.id, cls.person_id, Sequence.purpose).join(Sequence, Sequence.id == cls.sequence_id)
        runs = db.session.execute(due.where(cls.person_id.in_(person_ids), cls._is_due())).all()
        ends = {purpose: held_until(person_ids, purpose) for purpose in {run.purpose for run in runs}}
        free = {run.person_id for run in runs if run.person_id not in ends[run.purpose]}
        held = [run for run in runs if run.person_id not in free]
        if held:
            later = update(cls).where(cls.id == bindparam("run")).values(next_at=bindparam("until"))
            until = [{"run": run.id, "until": ends[run.purpose][run.person_id]} for run in held]
            db.session.connection().execute(later, until)
        return [person_id for person_id in person_ids if person_id in free]

    @classmethod
    def _is_due(cls) -> ColumnElement[bool]:
        """Whether its step is due, held back or not."""
        return and_(cls.next_at.is_not(None), cls.due_at <= now())

    @classmethod
    def due_of(cls, person: Person) -> "list[SequenceRun]":
        """The runs of `person` whose step is due, held back or not, longest due first. Lock the person first."""
        due = select(cls).where(cls.person_id == person.id, cls._is_due())
        return list(db.session.scalars(due.order_by(cls.due_at, cls.id).execution_options(populate_existing=True)))

    @classmethod
    def put_off(cls, run_id: int) -> None:
        """Try a step that could not be written again later, so that what is behind it gets its turn."""
        later = now() + LATER
        running = (cls.id == run_id, cls.next_at.is_not(None))
        db.session.execute(update(cls).where(*running).values(due_at=later, next_at=later))

    def take_step(self) -> SequenceStep | None:
        """The step to send now, noted as passed; None when the run ends or waits here. Lock the person first."""
        if not self.may_go_on:
            self.stop("the person left, or is suppressed")
            return None
        if (end := self.ends_at) and end <= now():
            self.stop("its time is over")
            return None
        if until := held_until([self.person_id], self.sequence.purpose).get(self.person_id):
            self.next_at = until
            return None
        step, *rest = [*self._steps_from(self.next_step, 2), None]
        if step:
            db.session.add(PassedStep(run=self, slug=step.slug, at=now()))
        self._wait_for(*rest[:1])
        return step

    @property
    def may_go_on(self) -> bool:
        """Whether the person still takes mail of this purpose; asked again before each step."""
        if (entry := Suppression.of(self.person.email)) and entry.reason != MOVED:
            return False
        return self.person.active and Consent.last_word(self.person, self.sequence.purpose) != "withdrawn"

    @property
    def ends_at(self) -> datetime | None:
        """From when on its letters have no more sense, if ever."""
        return ends_at(self.sequence.starts_on, self.occasion)

    def stop(self, reason: str) -> None:
        self.next_at, self.stopped_at, self.stop_reason = None, now(), reason

    def _steps_from(self, position: int, most: int) -> list[SequenceStep]:
        of_mine = select(SequenceStep).filter_by(sequence_id=self.sequence.id, version=self.version)
        following = of_mine.where(SequenceStep.position >= position).order_by(SequenceStep.position)
        return list(db.session.scalars(following.limit(most)))

    def _wait_for(self, step: SequenceStep | None = None) -> None:
        if step is None:
            self.next_at, self.finished_at = None, now()
        else:
            self.next_step = step.position
            self.due_at = self.next_at = now() + timedelta(hours=step.delay_hours)

    @classmethod
    def forget_old_steps(cls) -> None:
        """Drop every version of a sequence that is not its last and that nobody is on the way through."""
        last = select(Sequence.version).where(Sequence.id == SequenceStep.sequence_id).scalar_subquery()
        travellers = select(cls.id).where(cls.sequence_id == SequenceStep.sequence_id, cls.next_at.is_not(None))
        unused = ~travellers.where(cls.version == SequenceStep.version).exists()
        old = delete(SequenceStep).where(SequenceStep.version < last, unused)
        db.session.execute(old.execution_options(synchronize_session=False))


class PassedStep(Model):
    """A step that was written to a person. The key sees to it that none repeats."""

    run_id: Mapped[int] = mapped_column(ForeignKey("sequence_run.id", ondelete="CASCADE"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    run: Mapped[SequenceRun] = relationship()
