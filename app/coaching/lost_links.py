"""How often a mail about someone's requests may go to an address that anybody can type."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import String, delete
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db

EVERY = timedelta(minutes=10)


class LinkMailing(Model):
    """A mail of some kind that went to an address lately. The address is kept as a keyed hash, and not for long."""

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    mailed_at: Mapped[datetime] = mapped_column(default=now, index=True)

    @classmethod
    def claim(cls, kind: str, counted_as: str) -> bool:
        """Whether such a mail may go to a mailbox now. The first to ask is told yes, others no for ten minutes."""
        db.session.execute(delete(cls).where(cls.mailed_at <= now() - EVERY))
        return came_first(cls(key=_hash(kind, counted_as)))


def _hash(kind: str, counted_as: str) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"coaching:{kind}:{counted_as}".encode(), sha256).hexdigest()
