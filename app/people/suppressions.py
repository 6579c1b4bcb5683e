"""Addresses that get no letter any more, whatever a form or an imported file says."""

import hmac
from datetime import datetime
from hashlib import sha256

from flask import current_app
from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db

HARD_BOUNCE, SOFT_BOUNCES, COMPLAINT, ERASED, BY_OWNER = "hard bounce", "soft bounces", "complaint", "erased", "owner"
REASONS = (HARD_BOUNCE, SOFT_BOUNCES, COMPLAINT, ERASED, BY_OWNER)
# The person who presses the button in a mail has shown that mail arrives, or that they want it again. A complaint is
# a word to the mailbox provider, which only the owner can take as settled.
LIFTED_BY_CONFIRMING = frozenset({HARD_BOUNCE, SOFT_BOUNCES, ERASED})


class Suppression(Model):
    """An address on the list, and why. Once its person is erased, only a keyed hash of it is left."""

    __table_args__ = (
        CheckConstraint(
            "reason IN ('hard bounce', 'soft bounces', 'complaint', 'erased', 'owner')", name="known_reason"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str | None] = mapped_column(String(254), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def of(cls, address: str) -> "Suppression | None":
        """The entry of a normalized address."""
        return db.session.scalar(select(cls).filter_by(address_hash=hash_of(address)))

    @classmethod
    def add(cls, address: str, reason: str, detail: str = "") -> "Suppression":
        """Put a normalized address on the list; the entry it has, if it is there already."""
        if known := cls.of(address):
            return known
        try:
            with db.session.begin_nested():
                entry = cls(address_hash=hash_of(address), address=address, reason=reason, detail=detail)
                db.session.add(entry)
        except IntegrityError:  # Somebody else put it there between our look and our write.
            return db.session.scalars(select(cls).filter_by(address_hash=hash_of(address))).one()
        return entry


def hash_of(address: str) -> str:
    """Keyed, because addresses can be guessed: without the site's secret nobody can try whether one is on the list."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, b"suppression:" + address.encode(), sha256).hexdigest()
