"""Issues: what the owner writes, to whom it is meant to go, and how far it has got."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Index, String, and_, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, UTCDateTime, db
from app.newsletter.issues.audience import Audience
from app.newsletter.issues.seen import mark_of
from app.newsletter.sending.deliveries import Delivery
from app.publishing import content_changed

COMING = text("scheduled_at IS NOT NULL AND frozen_at IS NULL")
GOING = text("frozen_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL")
ARCHIVED = text("frozen_at IS NOT NULL AND is_public")
LONGEST_LINE = 200


class WrongMoment(Exception):
    """The issue is not in a state in which this can be done. The message is for the owner."""


class ChangedMeanwhile(Exception):
    """It was saved from another window since it was last read here."""


class Issue(Model):
    """One number of the newsletter. Its text is fixed from the moment it is scheduled, its audience when it goes."""

    __table_args__ = (
        CheckConstraint("finished_at IS NULL OR frozen_at IS NOT NULL", name="finished_after_frozen"),
        CheckConstraint("frozen_at IS NULL OR scheduled_at IS NOT NULL", name="frozen_after_scheduled"),
        Index("ix_issue_coming", "scheduled_at", postgresql_where=COMING, sqlite_where=COMING),
        Index("ix_issue_going", "id", postgresql_where=GOING, sqlite_where=GOING),
        Index("ix_issue_archived", "frozen_at", "id", postgresql_where=ARCHIVED, sqlite_where=ARCHIVED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Stands in Message-IDs and links, where a row number would tell how many issues there were.
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid.uuid4().hex)
    slug: Mapped[str] = mapped_column(String(160), unique=True)
    title: Mapped[str] = mapped_column(String(LONGEST_LINE))
    subject: Mapped[str] = mapped_column(String(LONGEST_LINE), default="")
    preview: Mapped[str] = mapped_column(String(LONGEST_LINE), default="")
    sender_name: Mapped[str] = mapped_column(String(120), default="")
    cover: Mapped[str] = mapped_column(String(500), default="")
    cover_alt: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(default="")
    is_public: Mapped[bool] = mapped_column(default=False)
    include: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    exclude: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Counted up with each change of its texts, so that two windows do not write over each other. Audience and cover
    # have marks of their own: who changes one of them keeps nobody from going on writing.
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    scheduled_at: Mapped[datetime | None]
    frozen_at: Mapped[datetime | None]
    # When it last began to go, or began again.
    started_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(default="")
    cancelled_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # What keeps it from going on just now, such as a mail server that is away; empty when it goes well.
    trouble: Mapped[str] = mapped_column(default="")
    # Kept when a delivery is decided, so that no page counts the ledger.
    recipients: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    bounced: Mapped[int] = mapped_column(default=0)
    unsubscribed: Mapped[int] = mapped_column(default=0)
    complained: Mapped[int] = mapped_column(default=0)
    # How many were decided and how many of them had failed when it was last started: failures before it are forgiven.
    decided_before: Mapped[int] = mapped_column(default=0)
    failed_before: Mapped[int] = mapped_column(default=0)

    @property
    def audience(self) -> Audience:
        """Whom it is meant for."""
        return Audience(self.include, self.exclude)

    @property
    def audience_mark(self) -> str:
        return mark_of(self.include, self.exclude)

    @property
    def cover_mark(self) -> str:
        return mark_of(self.cover, self.cover_alt)

    @property
    def state(self) -> str:
        """ "draft", "scheduled", "sending", "paused", "cancelled" or "sent"."""
        if self.cancelled_at:
            return "cancelled"
        if self.finished_at:
            return "sent"
        if self.paused_at:
            return "paused"
        if self.frozen_at:
            return "sending"
        return "scheduled" if self.scheduled_at else "draft"

    @property
    def is_draft(self) -> bool:
        return self.state == "draft"

    @property
    def is_archived(self) -> bool:
        """Whether anybody may read it on the site: it is public, and went out or is going.

        One that was cancelled stays to be read if somebody has it.
        """
        return self.is_public and self.frozen_at is not None and (self.cancelled_at is None or self.sent > 0)

    @classmethod
    def archived(cls) -> ColumnElement[bool]:
        """The condition for is_archived."""
        return and_(cls.is_public, cls.frozen_at.is_not(None), or_(cls.cancelled_at.is_(None), cls.sent > 0))

    @property
    def decided(self) -> int:
        """How many of its deliveries are sent, failed or left out."""
        return self.sent + self.failed + self.skipped

    @property
    def waiting(self) -> int:
        """How many of its deliveries may still go."""
        return 0 if self.cancelled_at else self.recipients - self.decided

    @property
    def not_sent(self) -> int:
        """How many were not decided when it was cancelled, and never will be."""
        return self.recipients - self.decided if self.cancelled_at else 0

    @classmethod
    def at(cls, slug: str) -> "Issue | None":
        return db.session.scalar(select(cls).filter_by(slug=slug))

    @classmethod
    def for_update(cls, issue_id: int) -> "Issue | None":
        """The issue as it is now, locked until commit."""
        return db.session.get(cls, issue_id, with_for_update=True, populate_existing=True)

    @classmethod
    def due(cls) -> list[int]:
        """The numbers of issues whose time has come and whose audience is not frozen yet, earliest first."""
        come = and_(cls.scheduled_at <= now(), cls.frozen_at.is_(None), cls.cancelled_at.is_(None))
        return list(db.session.scalars(select(cls.id).where(come).order_by(cls.scheduled_at)))

    @classmethod
    def going(cls) -> list[int]:
        """The numbers of issues that are on their way and may go on, oldest first."""
        under_way = and_(
            cls.frozen_at.is_not(None),
            cls.finished_at.is_(None),
            cls.cancelled_at.is_(None),
            cls.paused_at.is_(None),
        )
        return list(db.session.scalars(select(cls.id).where(under_way).order_by(cls.id)))

    def edit(self, revision: int, **texts: Any) -> None:
        """Take in new `texts`, by column, written by somebody who had read `revision`. Lock the issue first.

        Raises WrongMoment unless it is a draft, and ChangedMeanwhile.
        """
        self._must_be("draft")
        if revision != self.revision:
            raise ChangedMeanwhile
        changed = {name: text for name, text in texts.items() if getattr(self, name) != text}
        if changed:
            self.revision, self.updated_at = self.revision + 1, now()
            for name, text in changed.items():
                setattr(self, name, text)

    def wear(self, cover: str, alt: str, seen: str) -> None:
        """Stand under the picture at this path, described by `alt`; `seen` is the cover_mark of what was there before.

        Lock the issue first. Raises WrongMoment unless it is a draft, and ChangedMeanwhile.
        """
        self._must_be("draft")
        if seen != self.cover_mark:
            raise ChangedMeanwhile
        self.cover, self.cover_alt, self.updated_at = cover, alt, now()

    def address(self, audience: Audience, seen: str) -> None:
        """Be meant for `audience`; `seen` is the audience_mark of whom it was meant for before.

        Lock the issue first. Raises WrongMoment unless it is a draft, and ChangedMeanwhile.
        """
        self._must_be("draft")
        if seen != self.audience_mark:
            raise ChangedMeanwhile
        self.include, self.exclude, self.updated_at = audience.include, audience.exclude, now()

    def discard(self) -> None:
        """Be gone. Raises WrongMoment unless it is a draft."""
        self._must_be("draft")
        db.session.delete(self)

    def schedule(self, at: datetime) -> None:
        """Let it go at `at`, or at once when that is past. Raises WrongMoment unless it is a draft."""
        self._must_be("draft")
        self.scheduled_at = at

    def unschedule(self) -> None:
        """Make it a draft again. Raises WrongMoment when it is not scheduled, or on its way already."""
        self._must_be("scheduled")
        self.scheduled_at = None

    def freeze(self) -> None:
        """Write a delivery for everybody it is meant for, in one statement; does nothing the second time, or too soon.

        Lock the issue first.
        """
        if self.frozen_at or not self.scheduled_at or self.scheduled_at > now():
            return
        self.frozen_at = self.started_at = now()
        content_changed()
        self.recipients = Delivery.write_for(self.id, self.audience)
        if not self.recipients:
            self.finished_at = now()

    def pause(self, reason: str = "") -> None:
        """Hand over no more from now on. Raises WrongMoment unless it is on its way."""
        self._must_be("sending")
        self.paused_at, self.pause_reason = now(), reason

    def resume(self) -> None:
        """Go on, with the failures so far forgiven. Raises WrongMoment unless it is paused."""
        self._must_be("paused")
        self._start_afresh()

    def cancel(self) -> None:
        """Hand over no more, for good. Raises WrongMoment unless it is on its way or paused."""
        self._must_be("sending", "paused")
        self.cancelled_at = now()
        content_changed()

    def publish(self, is_public: bool) -> None:
        """Let anybody read it on the site, or nobody. Raises WrongMoment for a draft, which has its own form."""
        if self.is_draft:
            raise WrongMoment("This issue is a draft. Say in its text whether it is public.")
        self.is_public = is_public
        content_changed()

    def retry_failed(self) -> int:
        """Make failed deliveries due again, and let it go on; how many. Lock the issue first.

        Raises WrongMoment unless it is on its way, paused or sent.
        """
        self._must_be("sending", "paused", "sent")
        again = Delivery.retry_failed(self.id)
        self.failed -= again
        if again:
            self.finished_at = None
            self._start_afresh()
        return again

    def finish(self) -> None:
        """Note that every delivery is decided, if so. Lock the issue first."""
        if self.state == "sending" and not Delivery.is_open(self.id):
            self.finished_at, self.trouble = now(), ""
            content_changed()

    def _start_afresh(self) -> None:
        self.paused_at, self.pause_reason, self.trouble, self.started_at = None, "", "", now()
        self.decided_before, self.failed_before = self.sent + self.failed, self.failed

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise WrongMoment(f"This issue is {self.state} now, so that cannot be done.")

    @classmethod
    def last_gone_within(cls, span: timedelta) -> "Issue | None":
        """The one that began to go last of those that reached anybody within `span`, or still may.

        Whoever gets it gets no other before a `span` has passed.
        """
        ended = func.coalesce(cls.finished_at, cls.cancelled_at, type_=UTCDateTime)
        lately = or_(ended.is_(None), and_(cls.sent > 0, ended > now() - span))
        gone = select(cls).where(cls.frozen_at.is_not(None), lately)
        return db.session.scalar(gone.order_by(cls.frozen_at.desc()).limit(1))

    @classmethod
    def coming_for_within(cls, span: timedelta) -> "list[Issue]":
        """Those scheduled to go within `span`, and not gone yet; the next one first."""
        soon = or_(cls.scheduled_at.between(now(), now() + span), cls.scheduled_at <= now())
        coming = select(cls).where(soon, cls.frozen_at.is_(None), cls.cancelled_at.is_(None))
        return list(db.session.scalars(coming.order_by(cls.scheduled_at)))
