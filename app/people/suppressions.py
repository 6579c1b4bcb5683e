"""Addresses that get no letter any more, whatever a form or an imported file says."""

import hmac
from datetime import datetime
from hashlib import sha256

from flask import g
from sqlalchemy import CheckConstraint, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db

HARD_BOUNCE, SOFT_BOUNCES, COMPLAINT, ERASED, BY_OWNER = "hard bounce", "soft bounces", "complaint", "erased", "owner"
# Somebody had this address before and moved on. It keeps imports out, and nothing else.
MOVED = "moved"
REASONS = (HARD_BOUNCE, SOFT_BOUNCES, COMPLAINT, ERASED, BY_OWNER, MOVED)
# The person who presses the button in a mail has shown that mail arrives, or that they want it again. A complaint is
# a word to the mailbox provider, which only the owner can take as settled.
LIFTED_BY_CONFIRMING = frozenset({HARD_BOUNCE, SOFT_BOUNCES, ERASED, MOVED})
LONGEST_DETAIL = 500


class Suppression(Model):
    """An address on the list, and why. Once its person is erased or moved, only a keyed hash of it is left."""

    __table_args__ = (
        CheckConstraint(
            "reason IN ('hard bounce', 'soft bounces', 'complaint', 'erased', 'owner', 'moved')", name="known_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str | None] = mapped_column(String(254), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)

    @property
    def only_owner_lifts(self) -> bool:
        """Whether signing up again does not take the address off the list: there is no use in mailing a link."""
        return self.reason not in LIFTED_BY_CONFIRMING

    @classmethod
    def of(cls, address: str) -> "Suppression | None":
        """The entry of a normalized address."""
        return db.session.scalar(select(cls).filter_by(address_hash=hash_of(address)))

    @classmethod
    def add(cls, address: str, reason: str, detail: str = "") -> "Suppression":
        """Put a normalized address on the list; the entry it has, if it is there already.

        An entry that confirming would lift becomes one that it does not lift, if that is the reason now.
        """
        detail = " ".join(detail.encode("utf-8", "replace").decode().replace("\0", " ").split())[:LONGEST_DETAIL]
        locked = select(cls).filter_by(address_hash=hash_of(address)).with_for_update()
        locked = locked.execution_options(populate_existing=True)
        if known := db.session.scalar(locked):
            return known._outdone_by(address, reason, detail)
        entry = cls(address_hash=hash_of(address), address=address, reason=reason, detail=detail)
        if came_first(entry):
            return entry
        return db.session.scalars(locked).one()._outdone_by(address, reason, detail)

    def _outdone_by(self, address: str, reason: str, detail: str) -> "Suppression":
        if self.reason == MOVED != reason:
            self.address, self.reason, self.detail, self.at = address, reason, detail, now()
        elif self.reason in LIFTED_BY_CONFIRMING and reason not in LIFTED_BY_CONFIRMING:
            self.reason, self.detail, self.at = reason, detail, now()
        return self

    def forget_address(self) -> None:
        """Keep no more than the hash: enough to know the address by, should it come again."""
        self.address, self.detail = None, ""

    @classmethod
    def remove(cls, address: str) -> bool:
        """Take a normalized address off the list; whether it was on it."""
        entry = delete(cls).where(cls.address_hash == hash_of(address)).returning(cls.id)
        return db.session.scalar(entry.execution_options(synchronize_session="fetch")) is not None


class SuppressionKey(Model):
    """One row, with what the list's hashes are keyed with: random, made with the table, and the same for good.

    It is a key of its own so that a site whose SECRET_KEY got out can change that one and lose nobody from the list.
    """

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)


def hash_of(address: str) -> str:
    """Keyed, because addresses can be guessed: without the key nobody can try whether one is on the list."""
    if "suppression_key" not in g:  # An import asks for thousands of addresses.
        g.suppression_key = db.session.scalars(select(SuppressionKey.key)).one()
    return hmac.new(g.suppression_key.encode(), b"suppression:" + address.encode(), sha256).hexdigest()
