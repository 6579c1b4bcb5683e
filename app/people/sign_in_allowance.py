"""How much sign-in an address may ask for: mails at growing distances, and guesses at codes, a few a day.

Known and unknown addresses are counted alike, so that asking costs the same and tells nothing about who has an account.
"""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db
from app.limits import mailbox_of
from app.people.models import Person

FIRST_WAIT = timedelta(minutes=1)
# As long as a code is good: whoever asks in an owner's name, again and again, cannot lock the owner out, because at any
# moment either a good code lies in the inbox or a new one may be had.
LONGEST_WAIT = timedelta(minutes=15)
FORGIVEN_AFTER = timedelta(hours=1)
GUESSES_A_DAY = 20
FORGOTTEN_AFTER = timedelta(days=1)


class SignInAllowance(Model):
    """What one address has had of sign-in mails and guesses lately."""

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    mails: Mapped[int] = mapped_column(default=0)
    mailed_at: Mapped[datetime | None]
    guesses: Mapped[int] = mapped_column(default=0)
    guessing_since: Mapped[datetime] = mapped_column(default=now)
    touched_at: Mapped[datetime] = mapped_column(default=now, index=True)

    @classmethod
    def of(cls, address: str) -> "SignInAllowance":
        """The allowance of a normalized address, locked until commit, so that requests at once are counted in turn."""
        address = Person.counted_as(address)
        if db.session.get(cls, address) is None:
            cls._make(address)
        allowance = db.session.get_one(cls, address, with_for_update=True, populate_existing=True)
        allowance.touched_at = now()
        return allowance

    @classmethod
    def _make(cls, address: str) -> None:
        # Somebody else may make it between our look and our write.
        with suppress(IntegrityError), db.session.begin_nested():
            db.session.add(cls(address=address))

    def take_mail(self) -> bool:
        """Whether a mail may be written to this address now; if so, it is counted."""
        if self.mailed_at and now() - self.mailed_at > FORGIVEN_AFTER:
            self.mails = 0
        if self.mails and self.mailed_at and now() - self.mailed_at < self._wait:
            return False
        self.mails, self.mailed_at = self.mails + 1, now()
        return True

    @property
    def _wait(self) -> timedelta:
        return min(FIRST_WAIT * (1 << min(self.mails - 1, 10)), LONGEST_WAIT)

    def take_guess(self) -> bool:
        """Whether a code may be tried now; if so, it is counted. Links go on working when codes do not."""
        if now() - self.guessing_since > timedelta(days=1):
            self.guesses, self.guessing_since = 0, now()
        if self.guesses >= GUESSES_A_DAY:
            return False
        self.guesses += 1
        return True

    def give_guess_back(self) -> None:
        """A right code was no guess."""
        self.guesses -= 1

    @classmethod
    def forget(cls, address: str) -> None:
        """Drop what is counted for a normalized address, and for its mailbox."""
        db.session.execute(delete(cls).where(cls.address.in_([address, f"any {mailbox_of(address)}"[:254]])))

    @classmethod
    def forget_old(cls) -> None:
        """Drop what has no bearing any more; an address nobody used to sign in is nothing to keep."""
        db.session.execute(delete(cls).where(cls.touched_at < now() - FORGOTTEN_AFTER))
