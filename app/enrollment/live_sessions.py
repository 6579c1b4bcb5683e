"""Live sessions: when a cohort meets."""

import secrets
from datetime import datetime, timedelta

from blinker import Signal
from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.extensions import Model, db
from app.outbox.models import Email

LONGEST_MINUTES = 24 * 60
# Sent with a session that is moved, called off, set again or has another place, before the commit, and with when it was
# set for before (`was_at`) and where (`was_place`).
session_changed = Signal()


class LiveSession(Model):
    """A meeting of a cohort, known in it by its title."""

    __table_args__ = (
        UniqueConstraint("cohort_id", "title"),
        CheckConstraint("duration_minutes >= 1", name="takes_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # What calendars know it by, for ever, and how often it has changed since.
    uid: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    sequence: Mapped[int] = mapped_column(default=0)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(index=True)
    duration_minutes: Mapped[int]
    # Where it is held: an address to join at, or words. Only those enrolled are told.
    place: Mapped[str] = mapped_column(String(500), default="")
    # Called off: calendars that have it are told so, and it stays among those of its cohort.
    cancelled_at: Mapped[datetime | None]
    cohort: Mapped[Cohort] = relationship(back_populates="live_sessions")

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def set_for(self) -> datetime | None:
        """When it takes place; None once it is called off."""
        return None if self.cancelled_at else self.starts_at

    @property
    def is_over(self) -> bool:
        return self.ends_at <= now()

    @property
    def join_url(self) -> str:
        """The place, where it is an address that a browser can open."""
        return self.place if self.place.startswith("https://") else ""

    def change(self, starts_at: datetime, duration_minutes: int, place: str, title: str = "") -> bool:
        """Whether anything was changed; then calendars take it for a newer version. One that was called off takes place
        after all.
        """
        wanted = (title or self.title, starts_at, duration_minutes, place, None)
        changed = wanted != (self.title, self.starts_at, self.duration_minutes, self.place, self.cancelled_at)
        if changed:
            before = self.set_for, self.place
            self.title, self.starts_at, self.duration_minutes, self.place, self.cancelled_at = wanted
            self.sequence += 1
            if (self.set_for, self.place) != before:
                self._say_so(*before)
        return changed

    def cancel(self) -> None:
        """Call it off."""
        if self.cancelled_at is None:
            before, self.cancelled_at = self.set_for, now()
            self.sequence += 1
            self._say_so(before, self.place)

    def _say_so(self, was_at: datetime | None, was_place: str) -> None:
        """What waits to be sent about it as it was is taken back."""
        db.session.flush()
        Email.expire_about(self.uid)
        session_changed.send(self, was_at=was_at, was_place=was_place)
