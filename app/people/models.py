import re
import secrets
import unicodedata
from datetime import datetime

from flask_security.core import RoleMixin, UserMixin
from flask_security.datastore import SQLAlchemyUserDatastore
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Model, came_first, db
from app.limits import mailbox_of
from app.local_times import DEFAULT_ZONE
from app.people.addresses import normalize

OWNER = "owner"
TITLES = frozenset({"dr", "doctor", "prof", "professor", "mr", "mrs", "ms", "mx", "miss"})
_MAY_BE_LINK = re.compile(r"\w\.[A-Za-z]{2,}")
# Han, kana and hangul (Unicode blocks).
_FAMILY_NAME_FIRST = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af]"
)

person_role = Table(
    "person_role",
    Model.metadata,
    Column("person_id", ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Model, RoleMixin):
    """What a person may do beyond what everybody may: for now, own the site."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)

    @classmethod
    def named(cls, name: str) -> "Role":
        if role := db.session.scalar(select(cls).filter_by(name=name)):
            return role
        role = cls(name=name)
        db.session.add(role)
        return role


class Person(Model, UserMixin):
    """One human, by address. Newsletter, coaching and enrollment hang their rows on it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    active: Mapped[bool] = mapped_column(default=True)
    # Flask-Security keeps this in the session cookie in place of the id; a new one ends every session.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_hex(16))
    password: Mapped[str | None] = mapped_column(String(1))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime | None]
    # On whose clocks they read times, and the owner sets them; none until one was chosen.
    time_zone: Mapped[str | None] = mapped_column(String(64))
    erased_at: Mapped[datetime | None]
    roles: Mapped[list[Role]] = relationship(secondary=person_role)  # type: ignore[assignment]  # Flask-Security: RoleMixin.

    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_normalized"),
        CheckConstraint("password IS NULL", name="no_passwords"),
        # As the studio asks for them (app.studio.people_views), in the words of each database.
        Index(
            "ix_person_barred",
            "id",
            postgresql_where=text("active IS false AND erased_at IS NULL"),
            sqlite_where=text("active IS 0 AND erased_at IS NULL"),
        ),
        CheckConstraint("erased_at IS NULL OR (name = '' AND email LIKE 'erased-%')", name="erased_is_nobody"),
    )

    @classmethod
    def with_email(cls, email: str) -> "Person | None":
        """The person of a normalized address."""
        return db.session.scalar(select(cls).filter_by(email=email))

    @classmethod
    def counted_as(cls, email: str) -> str:
        """What is asked for in the name of a normalized address counts under this.

        A person's address counts for itself, so that nobody shuts them out by asking for others of their mailbox. All
        that nobody is known by count as one with their mailbox, so that no number of tags fills it; so does a tagged
        one that was only typed until now.
        """
        mailbox = mailbox_of(email)
        person = cls.with_email(email)
        return email if person and (person.last_seen_at or email == mailbox) else f"any {mailbox}"[:254]

    @classmethod
    def zone_of(cls, email: str) -> str:
        """Whose clocks a letter to this address goes by: theirs, or those that the site begins with."""
        person = cls.with_email(email)
        return (person and person.time_zone) or DEFAULT_ZONE

    @classmethod
    def at(cls, email: str, *, local: bool = False) -> "Person":
        """The person of this address, made if it is new. Changes nothing of a person who is known.

        Raises InvalidAddress.
        """
        email = normalize(email, local=local)
        if person := cls.with_email(email):
            return person
        person = cls(email=email)
        return person if came_first(person) else db.session.scalars(select(cls).filter_by(email=email)).one()

    @classmethod
    def for_update(cls, person_id: int) -> "Person | None":
        """The person of this number, as they are now, locked until commit.

        This lock comes before those on whatever hangs on a person (subscription, sequence runs), so that no two
        transactions wait for each other. It is one beside which rows that refer to the person can still be written,
        such as a mail: FOR UPDATE without key_share would hold those up, and theirs come the other way round.
        """
        return db.session.get(cls, person_id, with_for_update={"key_share": True}, populate_existing=True)

    @classmethod
    def at_for_update(cls, email: str) -> "Person | None":
        """The person of a normalized address, locked until commit; None when nobody has it, or not any more.

        As `for_update`, it comes before locks on what hangs on the person, and before an allowance of their mailbox.
        """
        person = cls.with_email(email)
        locked = cls.for_update(person.id) if person else None
        return locked if locked and locked.email == email else None

    def keep_others_off(self) -> None:
        """Until commit, let nobody write a row that refers to this person. Lock them for update first."""
        db.session.execute(select(Person.id).filter_by(id=self.id).with_for_update())

    @property
    def first_name(self) -> str:
        """What to call the person in a greeting; empty when they gave no name."""
        return first_name_of(self.name)

    @property
    def is_owner(self) -> bool:
        return self.has_role(OWNER)

    def take_name(self, name: str) -> None:
        """Keep the name the person gave, unless they gave one before."""
        self.name = self.name or " ".join(name.split())

    def rename(self, name: str) -> None:
        """Call the person what they now want to be called; for forms only the person can reach."""
        self.name = " ".join(name.split())

    def was_here(self) -> None:
        """Note that the person did something themselves: confirmed, chose, signed in, asked or bought."""
        self.last_seen_at = now()

    def become_nobody(self) -> None:
        """Take off what tells who this was, where rows that have to stay refer to it."""
        self.email, self.name = f"erased-{self.id}@erased.invalid", ""
        self.active, self.erased_at, self.last_seen_at, self.time_zone = False, now(), None, None
        self.roles.clear()
        self.end_sessions()

    def make_owner(self) -> None:
        if not self.is_owner:
            self.roles.append(Role.named(OWNER))

    def end_sessions(self) -> None:
        """Sign the person out everywhere."""
        self.fs_uniquifier = secrets.token_hex(16)


def first_name_of(name: str) -> str:
    """ "Dr. Ada Lovelace" is Ada; empty when there is nothing but titles.

    Where the family name is written first, and would be too bare alone, it is the whole name without titles. Nobody is
    called what mail programs might make a link of, such as T.Co, even if it is a name.
    """
    words = [word.strip(",;") for word in name.split()]
    names = [word for word in words if word and word.lower().rstrip(".") not in TITLES]
    called = " ".join(names if names and _FAMILY_NAME_FIRST.match(names[0]) else names[:1])
    return "" if _MAY_BE_LINK.search(unicodedata.normalize("NFKC", called)) else called


class Consent(Model):
    """A line of the ledger: what a person was shown and did, when and where. Lines are added, never changed."""

    __table_args__ = (
        CheckConstraint("action IN ('requested', 'given', 'withdrawn')", name="known_action"),
        Index("ix_consent_person_purpose", "person_id", "purpose", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(10))
    wording: Mapped[str]
    page: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(default=now)
    person: Mapped[Person] = relationship()

    @classmethod
    def record(cls, person: Person, purpose: str, action: str, *, wording: str, page: str) -> "Consent":
        """Add a line: `action` is "requested" (unproven), "given" (proven by a mailed link) or "withdrawn"."""
        line = cls(person=person, purpose=purpose, action=action, wording=wording, page=page[:500])
        db.session.add(line)
        return line

    @classmethod
    def all_of(cls, person: Person) -> "list[Consent]":
        return list(db.session.scalars(select(cls).filter_by(person_id=person.id).order_by(cls.id)))

    @classmethod
    def last_word(cls, person: Person, purpose: str) -> str | None:
        """What `person` last said on `purpose`: "given", "withdrawn", or None when they never decided."""
        return db.session.scalar(
            select(cls.action)
            .where(cls.person_id == person.id, cls.purpose == purpose, cls.action != "requested")
            .order_by(cls.id.desc())
            .limit(1)
        )


datastore = SQLAlchemyUserDatastore(db, Person, Role)
