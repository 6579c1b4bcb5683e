"""How often a mail about someone's requests may go to an address that anybody can type."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db

DAY = timedelta(days=1)
MOST_A_DAY = 5
EVERY = timedelta(minutes=10)


class LinkMailing(Model):
    """A mail of some kind that went to an address lately. The address is kept as a keyed hash, and for a day."""

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    mailed_at: Mapped[datetime] = mapped_column(default=now, index=True)

    @classmethod
    def claim(cls, kind: str, counted_as: str, *, most: int = MOST_A_DAY, every: timedelta = EVERY) -> bool:
        """Whether such a mail may go to a mailbox now: at most so many within a day, and one in every such time.

        If so, it is counted. Of two who ask at once, one is told no.
        """
        keys = [_hash(kind, counted_as, number) for number in range(most)]
        db.session.execute(delete(cls).where(cls.key.in_(keys), cls.mailed_at <= now() - DAY))
        mailed = db.session.scalars(select(cls).where(cls.key.in_(keys))).all()
        free = set(keys).difference(mailing.key for mailing in mailed)
        if not free or any(mailing.mailed_at > now() - every for mailing in mailed):
            return False
        return came_first(cls(key=min(free)))

    @classmethod
    def forget_old(cls) -> None:
        """Drop what has no bearing any more."""
        db.session.execute(delete(cls).where(cls.mailed_at <= now() - DAY))


def _hash(kind: str, counted_as: str, number: int) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"{kind}:{number}:{counted_as}".encode(), sha256).hexdigest()
