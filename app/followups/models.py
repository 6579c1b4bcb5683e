from typing import Any, NamedTuple

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model, db
from app.slugs import free_slug, slug_of

# What a sequence is for. Each is also a purpose of the consent ledger: who withdrew it gets no step of it.
PURPOSES = ("newsletter", "coaching", "course")

# What can start a sequence, in the words of its file and of the studio.
SIGN_UP, TAG, REQUESTED, COMPLETED, MISSED, ABANDONED, ENROLLED = STARTS = (
    "sign-up",
    "tag",
    "consultation requested",
    "consultation completed",
    "consultation missed",
    "checkout abandoned",
    "enrolled",
)
PURPOSE_OF = {
    SIGN_UP: "newsletter",
    TAG: "newsletter",
    REQUESTED: "coaching",
    COMPLETED: "coaching",
    MISSED: "coaching",
    ABANDONED: "course",
    ENROLLED: "course",
}
# What can stop one, beside unsubscribing, which stops them all.
STOPS = (REQUESTED, ENROLLED)
MOST_STEPS = 99
LONGEST_SLUG = 80
LONGEST_TAG = 60
TEN_YEARS = 10 * 365 * 24


class ChangedMeanwhile(Exception):
    """The sequence is not at the version that was read before this change was made."""


class NoSuchLetter(Exception):
    """The sequence has no letter of this slug."""


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
    def begun(cls, title: str) -> "Sequence":
        """A new one of this title, under a name of its own, switched off until its letters are written."""
        slug = slug_of(title, LONGEST_SLUG - 4, "sequence")
        taken = set(db.session.scalars(select(cls.name).where(cls.name.startswith(slug, autoescape=True))))
        name = free_slug(slug, taken)
        sequence = cls(name=name, title=title, purpose=PURPOSES[0], active=False, starts_on="", start_tag="")
        db.session.add(sequence)
        db.session.flush()
        return sequence

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

    def start_on(self, event: str, tag: str) -> None:
        """Let `event` start it from now on, or nothing. What starts it says what it is for, too."""
        if event != self.starts_on:
            self.purpose = PURPOSE_OF.get(event, self.purpose)
        self.starts_on, self.start_tag = event, tag

    @property
    def state(self) -> str:
        """ "active", or "off": then it starts for nobody."""
        return "active" if self.active else "off"

    def must_be_at(self, version: int) -> None:
        """Raises ChangedMeanwhile unless it is at `version`. Lock it first."""
        if version != self.version:
            raise ChangedMeanwhile

    def letter(self, slug: str) -> Letter:
        """Raises NoSuchLetter."""
        if found := next((letter for letter in self.letters if letter.slug == slug), None):
            return found
        raise NoSuchLetter

    def edit(self, slug: str, **texts: Any) -> None:
        """Change what one letter says, or its delay. Lock it first, as for all that follow. Raises NoSuchLetter."""
        edited = self.letter(slug)._replace(**texts)
        self.rewrite([edited if letter.slug == slug else letter for letter in self.letters])

    def add(self, **texts: Any) -> str:
        """Put a letter behind the last; its slug. There may be MOST_STEPS."""
        slug = slug_of(texts["subject"], LONGEST_SLUG - 4, "letter")
        slug = free_slug(slug, {letter.slug for letter in self.letters})
        self._reorder([*self.letters, Letter(slug=slug, position=0, **texts)])
        return slug

    def remove(self, slug: str) -> None:
        """Raises NoSuchLetter."""
        gone = self.letter(slug)
        self._reorder([letter for letter in self.letters if letter != gone])

    def move(self, slug: str, by: int) -> None:
        """Move a letter `by` places towards the end, or the start if below nothing. Raises NoSuchLetter."""
        moved = self.letter(slug)
        others = [letter for letter in self.letters if letter != moved]
        place = max(0, self.letters.index(moved) + by)
        self._reorder([*others[:place], moved, *others[place:]])

    def _reorder(self, letters: list[Letter]) -> None:
        self.rewrite([letter._replace(position=place) for place, letter in enumerate(letters, start=1)])

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
