"""How often the newsletter's forms may write to one address, whoever fills them in and from how many machines."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db
from app.limits import mailbox_of

BETWEEN_MAILS = timedelta(minutes=10)
MAILS_A_DAY = 5
DAY = timedelta(days=1)
OWN_DATA = "own data"


class Allowance(Model):
    """What one mailbox has had lately. Known and unknown addresses are counted alike, so that it tells nothing."""

    __tablename__ = "newsletter_allowance"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    day_began_at: Mapped[datetime] = mapped_column(default=now, index=True)
    mails: Mapped[int] = mapped_column(default=0)
    mailed_at: Mapped[datetime | None]

    @classmethod
    def take(cls, address: str, kind: str = "") -> bool:
        """Whether a mail may be written to this normalized address now; if so, it is counted for its mailbox.

        Mail of a `kind` counts for itself: what only the reader can ask for is used up by nobody else.
        """
        allowance = cls._of(f"{kind} {mailbox_of(address)}".strip()[:254])
        if now() - allowance.day_began_at >= DAY:
            allowance.day_began_at, allowance.mails = now(), 0
        if allowance.mails >= MAILS_A_DAY or (allowance.mailed_at and now() - allowance.mailed_at < BETWEEN_MAILS):
            return False
        allowance.mails, allowance.mailed_at = allowance.mails + 1, now()
        return True

    @classmethod
    def next_at(cls, address: str) -> datetime:
        """From when on a mail may be written to this normalized address again."""
        allowance = cls._of(mailbox_of(address))
        if allowance.mails >= MAILS_A_DAY:
            return allowance.day_began_at + DAY
        return allowance.mailed_at + BETWEEN_MAILS if allowance.mailed_at else now()

    @classmethod
    def _of(cls, address: str) -> "Allowance":
        """The row of this mailbox, locked until commit, so that requests at once count one after another."""
        locked = select(cls).filter_by(address=address).with_for_update().execution_options(populate_existing=True)
        if allowance := db.session.scalar(locked):
            return allowance
        allowance = cls(address=address)
        return allowance if came_first(allowance) else db.session.scalars(locked).one()

    @classmethod
    def forget(cls, address: str) -> None:
        """Drop what is counted for the mailbox of a normalized address."""
        mailbox = mailbox_of(address)
        db.session.execute(delete(cls).where(cls.address.in_([address, mailbox, f"{OWN_DATA} {mailbox}"[:254]])))

    @classmethod
    def forget_old(cls) -> None:
        """Drop what has no bearing any more: an address that was only typed once is nothing to keep."""
        db.session.execute(delete(cls).where(cls.day_began_at < now() - 2 * DAY))
