"""Signing in by e-mail: a link and a code, good once, for a quarter of an hour. There are no passwords."""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import tokens
from app.clock import now
from app.extensions import Model, db
from app.people.models import Person

PURPOSE = "sign-in"
GOOD_FOR = timedelta(minutes=15)
TRIES = 5


class SignInCode(Model):
    """A code that was mailed, and the link beside it. Kept as a keyed hash, so that a stolen table signs nobody in."""

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    next_path: Mapped[str] = mapped_column(String(200), default="")
    tries_left: Mapped[int] = mapped_column(default=TRIES)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()

    @classmethod
    def issue(cls, person: Person, next_path: str = "", good_for: timedelta = GOOD_FOR) -> tuple["SignInCode", str]:
        """A new code for `person`, and the six digits, which are kept nowhere. Earlier codes end."""
        db.session.flush()  # A person made a moment ago has no id yet.
        cls.end_all(person)
        digits = f"{secrets.randbelow(1_000_000):06}"
        code = cls(person=person, code_hash="", next_path=next_path, expires_at=now() + good_for)
        code.code_hash = code._hash(digits)
        db.session.add(code)
        db.session.flush()
        return code, digits

    @classmethod
    def end_all(cls, person: Person) -> None:
        """End every code and link that was mailed to `person`."""
        db.session.execute(update(cls).where(cls.person_id == person.id, cls.used_at.is_(None)).values(used_at=now()))

    @classmethod
    def from_link(cls, token: str, *, for_use: bool = False) -> "SignInCode | None":
        """The code whose link this is, while it is good. `for_use` locks it until commit, so that it is used once."""
        try:
            code_id, fingerprint = tokens.read(PURPOSE, token)
        except tokens.InvalidToken:
            return None
        code = db.session.get(cls, code_id, with_for_update=for_use or None)
        return code if code and code.is_good and code._fingerprint == fingerprint else None

    @classmethod
    def from_digits(cls, person: Person, digits: str) -> "SignInCode | None":
        """The standing code of `person` if `digits` are its digits. A wrong guess costs one of a few tries.

        Tries are the digits' alone: whoever types somebody's address and guesses ends no link that was mailed to them.
        """
        latest = select(cls).where(cls.person_id == person.id).order_by(cls.id.desc()).limit(1).with_for_update()
        code = db.session.scalar(latest)
        if code is None or not code.is_good or code.tries_left <= 0:
            return None
        if hmac.compare_digest(code.code_hash, code._hash(digits)):
            return code
        code.tries_left -= 1
        return None

    @property
    def is_good(self) -> bool:
        return self.used_at is None and now() < self.expires_at and self.person.active

    @property
    def link_token(self) -> str:
        return tokens.sign(PURPOSE, [self.id, self._fingerprint])

    @property
    def _fingerprint(self) -> str:
        """Ties a link to this very code: a database may give the number of a deleted row to somebody else's."""
        return self.code_hash[:16]

    def use(self) -> Person:
        """Spend the code. The caller signs the person in."""
        self.used_at = now()
        return self.person

    @classmethod
    def forget_old(cls) -> None:
        """Drop codes that have been of no use for a day."""
        db.session.execute(delete(cls).where(cls.expires_at < now() - timedelta(days=1)))

    def _hash(self, digits: str) -> str:
        key = current_app.config["SECRET_KEY"].encode()
        return hmac.new(key, f"sign-in:{self.person.id}:{digits}".encode(), sha256).hexdigest()
