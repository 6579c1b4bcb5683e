"""Changing one's address: asked for on a page, made by the one who reads the new mailbox, undone by the old one's."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import tokens
from app.clock import now
from app.extensions import Model, db
from app.people.models import Person
from app.people.sign_in import SignInCode

ALLOW, CONFIRM, UNDO = "address-allow", "address-confirm", "address-undo"
GOOD_FOR = timedelta(days=7)
MAY_BE_UNDONE_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=60)
# What rooms do, in the same transaction, once a person, locked, is written to elsewhere. They add theirs when imported.
FOLLOWS: list[Callable[[Person], None]] = []


class AddressTaken(Exception):
    """Somebody else has that address."""


class AddressChange(Model):
    """One wish for another address, and what became of it. Links lead to this row, each once."""

    __table_args__ = (Index("ix_address_change_person", "person_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(12))
    old_address: Mapped[str] = mapped_column(String(254), index=True)
    new_address: Mapped[str] = mapped_column(String(254), index=True)
    # The address opens more than letters: the mailbox it has now is asked first, for letters get forwarded.
    needs_leave: Mapped[bool] = mapped_column(default=False)
    requested_at: Mapped[datetime] = mapped_column(default=now, index=True)
    allowed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()

    @classmethod
    def ask(cls, person: Person, new_address: str, *, needs_leave: bool) -> "AddressChange":
        """Keep the wish of `person`, locked, for a normalized address; the one that is open, if they asked before.

        `needs_leave` if the mailbox they have is to be asked first. Once a change was undone, it always is.
        """
        wishes = cls.all_of(person)
        needs_leave = needs_leave or any(change.undone_at for change in wishes)
        for wish in wishes:
            is_same = (wish.old_address, wish.new_address) == (person.email, new_address)
            if is_same and wish.needs_leave == needs_leave and wish._is_open and not wish.allowed_at:
                return wish
        change = cls(person=person, old_address=person.email, new_address=new_address, needs_leave=needs_leave)
        db.session.add(change)
        db.session.flush()
        return change

    @classmethod
    def asked_lately(cls, person: Person) -> int:
        """How often `person` asked within a day."""
        since = now() - timedelta(days=1)
        lately = select(func.count()).select_from(cls).where(cls.person_id == person.id, cls.requested_at > since)
        return db.session.scalar(lately) or 0

    def end_others(self) -> None:
        """From now on the links of this wish count, and those of others that are open lead nowhere."""
        self._end(self.person, and_(AddressChange.confirmed_at.is_(None), AddressChange.id != self.id))

    @classmethod
    def end_all(cls, person: Person) -> None:
        """From now on no link of what `person` wished and did not make leads anywhere: they wish something else."""
        cls._end(person, cls.confirmed_at.is_(None))

    @classmethod
    def _end(cls, person: Person, which: ColumnElement[bool]) -> None:
        ended = update(cls).where(cls.person_id == person.id, cls.void_at.is_(None), which).values(void_at=now())
        db.session.execute(ended.execution_options(synchronize_session="fetch"))

    def token(self, purpose: str) -> str:
        """What the link for `purpose` carries: ALLOW, CONFIRM or UNDO."""
        return tokens.sign(purpose, [self.id, self.nonce])

    @classmethod
    def from_link(cls, purpose: str, token: str, *, for_use: bool = False) -> "AddressChange | None":
        """The change whose link for `purpose` this is, while it is good. `for_use` locks its person until commit."""
        try:
            number, nonce = tokens.read(purpose, token, MAY_BE_UNDONE_FOR if purpose == UNDO else GOOD_FOR)
        except tokens.InvalidToken:
            return None
        if for_use and (person_id := db.session.scalar(select(cls.person_id).filter_by(id=number, nonce=nonce))):
            Person.for_update(person_id)
        wanted = select(cls).filter_by(id=number, nonce=nonce).execution_options(populate_existing=True)
        change = db.session.scalar(wanted)
        return change if change and change._is_good_for(purpose) else None

    def _is_good_for(self, purpose: str) -> bool:
        if purpose == UNDO:
            return self.confirmed_at is not None and self.undone_at is None and self.void_at is None
        if purpose == ALLOW:
            return self._is_open and self.needs_leave and self.allowed_at is None
        return self._is_open and (self.allowed_at is not None or not self.needs_leave)

    @property
    def _is_open(self) -> bool:
        return self.confirmed_at is None and self.void_at is None

    def allow(self) -> None:
        self.allowed_at = now()

    def make(self) -> None:
        """Give the person, locked, the new address. Sessions and sign-in codes end. Raises AddressTaken."""
        _move(self.person, self.new_address)
        self.confirmed_at = now()

    def undo(self) -> None:
        """Give the person, locked, the old address back, whatever changes came later. Raises AddressTaken."""
        _move(self.person, self.old_address)
        self.undone_at = now()
        self._end(self.person, AddressChange.id > self.id)

    @classmethod
    def all_of(cls, person: Person) -> "list[AddressChange]":
        return list(db.session.scalars(select(cls).filter_by(person_id=person.id).order_by(cls.id)))

    @classmethod
    def addresses_of(cls, person: Person) -> list[str]:
        """The address of `person`, and those they had before that are still on record."""
        had = [change.old_address for change in cls.all_of(person)]
        had += [change.new_address for change in cls.all_of(person) if change.confirmed_at]
        return list(dict.fromkeys([person.email, *had]))

    @classmethod
    def forget_all(cls, person: Person) -> None:
        """Delete every change of `person`, and what others wished for that address."""
        about = or_(cls.new_address == person.email, cls.old_address == person.email)
        db.session.execute(delete(cls).where(or_(cls.person_id == person.id, about)))

    @classmethod
    def forget_old(cls) -> None:
        db.session.execute(delete(cls).where(cls.requested_at < now() - KEPT_FOR))


def _move(person: Person, address: str) -> None:
    try:
        with db.session.begin_nested():
            person.email = address
    except IntegrityError:
        raise AddressTaken(address) from None
    SignInCode.end_all(person)
    person.end_sessions()
    for follow in FOLLOWS:
        follow(person)
