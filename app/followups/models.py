from typing import NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model, db

# What a sequence is for. Each is also a purpose of the consent ledger: who withdrew it gets no step of it.
PURPOSES = ("newsletter", "coaching", "course")

# What can start a sequence, in the words of its file and of the studio.
SIGN_UP, TAG, REQUESTED, COMPLETED, ABANDONED, ENROLLED = STARTS = (
    "sign-up",
    "tag",
    "consultation requested",
    "consultation completed",
    "checkout abandoned",
    "enrolled",
)
# What can stop one, beside unsubscribing, which stops them all.
STOPS = (REQUESTED, ENROLLED)
MOST_STEPS = 99
LONGEST_SLUG = 80
LONGEST_TAG = 60
TEN_YEARS = 10 * 365 * 24


def tag_name(text: str) -> str:
    """`text` as the name of a tag is kept: small letters, single spaces."""
    return " ".join(text.split()).lower()[:LONGEST_TAG]


class Letter(NamedTuple):
    """What a step says, and how long after the one before it (or after the start) it goes out."""

    slug: str
    position: int
    subject: str
    preview: str
    delay_hours: int
    body: str


class Sequence(Model):
    """Letters that follow one another, such as the newsletter's welcome.

    Its steps are never changed: an edit makes the next version of them, and whoever is on the way keeps the one they
    entered with.
    """

    __table_args__ = (
        CheckConstraint("purpose IN ('newsletter', 'coaching', 'course')", name="known_purpose"),
        CheckConstraint("(starts_on = 'tag') = (start_tag <> '')", name="tag_where_it_starts_on_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    starts_on: Mapped[str] = mapped_column(String(30), default="")
    start_tag: Mapped[str] = mapped_column(String(LONGEST_TAG), default="")
    stops_on: Mapped[list[str]] = mapped_column(JSON, default=list)
    version: Mapped[int] = mapped_column(default=1)
    steps: Mapped[list["SequenceStep"]] = relationship(
        back_populates="sequence",
        cascade="all",
        passive_deletes=True,
        order_by="SequenceStep.position",
        primaryjoin="and_(Sequence.id == foreign(SequenceStep.sequence_id), Sequence.version == SequenceStep.version)",
    )

    @classmethod
    def named(cls, name: str) -> "Sequence | None":
        return db.session.scalar(select(cls).filter_by(name=name))

    @classmethod
    def for_update(cls, sequence_id: int) -> "Sequence | None":
        """The sequence as it is now, locked until commit: nobody edits or enters it meanwhile."""
        return db.session.get(cls, sequence_id, with_for_update=True, populate_existing=True)

    @classmethod
    def started_by(cls, event: str, tag: str) -> "list[Sequence]":
        """Those that `event` starts, kept from being edited until commit, so that an entrant's version stays."""
        chosen = select(cls).where(cls.active, cls.starts_on == event, cls.start_tag == tag).order_by(cls.id)
        return list(db.session.scalars(chosen.with_for_update(read=True).execution_options(populate_existing=True)))

    @classmethod
    def stopped_by(cls, event: str) -> "list[int]":
        """The numbers of those that `event` stops. There are few sequences, and a list in JSON is no key."""
        return [number for number, stops in db.session.execute(select(cls.id, cls.stops_on)) if event in stops]

    @property
    def letters(self) -> list[Letter]:
        """What its steps say at present, to be given back, changed, to `rewrite`."""
        return [step.letter for step in self.steps]

    def rewrite(self, letters: list[Letter]) -> None:
        """Let it have these letters for whoever enters from now on. Lock it first."""
        db.session.flush()
        if letters == self.letters:
            return
        self.version += 1
        fresh = {"sequence_id": self.id, "version": self.version}
        db.session.add_all(SequenceStep(**fresh, **letter._asdict()) for letter in letters)
        db.session.flush()
        db.session.expire(self, ["steps"])


class SequenceStep(Model):
    """One letter in one version of a sequence."""

    __table_args__ = (
        UniqueConstraint("sequence_id", "version", "slug"),
        UniqueConstraint("sequence_id", "version", "position"),
        CheckConstraint("delay_hours >= 0", name="delay_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence_id: Mapped[int] = mapped_column(ForeignKey("sequence.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(LONGEST_SLUG))
    subject: Mapped[str] = mapped_column(String(200))
    preview: Mapped[str] = mapped_column(String(200), default="")
    delay_hours: Mapped[int]
    body: Mapped[str]
    sequence: Mapped[Sequence] = relationship(back_populates="steps")

    @property
    def letter(self) -> Letter:
        return Letter(*(getattr(self, field) for field in Letter._fields))
