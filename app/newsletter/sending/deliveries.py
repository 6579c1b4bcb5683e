"""The ledger of what went to whom: a row for each issue and subscription, written before anything is sent."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    and_,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, UTCDateTime, db
from app.newsletter.issues.audience import Audience
from app.newsletter.models import Subscription

UNDECIDED = text("sent_at IS NULL AND failed_at IS NULL AND skipped_at IS NULL")
HAS_FAILED = text("failed_at IS NOT NULL")
Number = BigInteger().with_variant(Integer, "sqlite")


class Delivery(Model):
    """An issue on its way to a subscription: waiting, claimed by a worker, in hand since, and how it ended."""

    __table_args__ = (
        UniqueConstraint("subscription_id", "issue_id"),
        CheckConstraint(
            "(CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END) + (CASE WHEN failed_at IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN skipped_at IS NULL THEN 0 ELSE 1 END) <= 1",
            name="one_outcome",
        ),
        CheckConstraint("bounce_kind IN ('hard', 'soft')", name="known_bounce"),
        # Nothing of a claim stands in an index, so that PostgreSQL need not touch any when a worker claims.
        Index("ix_delivery_undecided", "issue_id", "due_at", "id", postgresql_where=UNDECIDED, sqlite_where=UNDECIDED),
        Index("ix_delivery_failed", "issue_id", "id", postgresql_where=HAS_FAILED, sqlite_where=HAS_FAILED),
        # Leaves room for the changes that follow the first writing of a row.
        {"postgresql_with": {"fillfactor": 60}},
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    # How often the server had all of it and did not say whether it keeps it.
    unanswered: Mapped[int] = mapped_column(SmallInteger, default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    handed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    skipped_at: Mapped[datetime | None]
    # In the words of the server, or why it was left out.
    answer: Mapped[str] = mapped_column(default="")
    bounced_at: Mapped[datetime | None]
    # What that, or the refusal it failed for, says about the address; nothing when it is not the address's fault.
    bounce_kind: Mapped[str | None] = mapped_column(String(4))
    complained_at: Mapped[datetime | None]

    @property
    def state(self) -> str:
        """ "sent", "failed", "skipped", "sending", "retrying" or "waiting"."""
        for state, moment in (("sent", self.sent_at), ("failed", self.failed_at), ("skipped", self.skipped_at)):
            if moment:
                return state
        if self.handed_at and self.claimed_by:
            return "sending"
        return "retrying" if self.attempts else "waiting"

    @classmethod
    def write_for(cls, issue_id: int, audience: Audience) -> int:
        """Write a waiting delivery for each of `audience`, in one statement; how many."""
        chosen = audience.select(
            literal(issue_id), Subscription.id, literal(now(), UTCDateTime), literal(0), literal(0), literal("")
        )
        columns = ["issue_id", "subscription_id", "due_at", "attempts", "unanswered", "answer"]
        return _rows(insert(cls).from_select(columns, chosen.order_by(Subscription.id)))

    @classmethod
    def count_anew_for_planner(cls) -> None:
        """Let PostgreSQL learn at once of the many rows that were written. It takes the table for empty otherwise, and
        reads all of it for each change, until it looks by itself a minute later.
        """
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ANALYZE delivery"))

    @classmethod
    def is_open(cls, issue_id: int) -> bool:
        """Whether any delivery of the issue is not decided."""
        undecided = select(cls.id).where(cls.issue_id == issue_id, cls.is_undecided()).limit(1)
        return db.session.scalar(undecided) is not None

    @classmethod
    def next_due(cls, issue_id: int) -> datetime | None:
        """When the first of those that wait is due; None when none waits."""
        waiting = and_(cls.issue_id == issue_id, cls.is_undecided(), cls.claimed_by.is_(None))
        return db.session.scalar(select(cls.due_at).where(waiting).order_by(cls.due_at).limit(1))

    @classmethod
    def is_undecided(cls) -> ColumnElement[bool]:
        return and_(cls.sent_at.is_(None), cls.failed_at.is_(None), cls.skipped_at.is_(None))

    @classmethod
    def retry_failed(cls, issue_id: int) -> int:
        """Make what failed due again, with fresh patience; how many."""
        failed = and_(cls.issue_id == issue_id, cls.failed_at.is_not(None))
        fresh = {"failed_at": None, "due_at": now(), "attempts": 0, "unanswered": 0, "handed_at": None}
        return _rows(update(cls).where(failed).values(fresh).execution_options(synchronize_session=False))

    @classmethod
    def from_bounce_key(cls, key: str) -> "Delivery | None":
        """The delivery that `key` names, if the site wrote that key."""
        number, _, signature = key.lower().partition("-")
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            return None
        if not hmac.compare_digest(bounce_keys()(int(number)).encode(), f"{int(number)}-{signature}".encode()):
            return None
        return db.session.get(cls, int(number))


def bounce_keys() -> Callable[[int], str]:
    """A function from the number of a delivery to its key, for whoever needs them by the ten thousand.

    The envelope's sender carries the key, so that a bounce names its delivery (VERP). It is in small letters and
    digits, because a mail server may change the case on the way.
    """
    keyed = hmac.new(current_app.config["SECRET_KEY"].encode(), digestmod="sha256")

    def bounce_key(delivery_id: int) -> str:
        signature = keyed.copy()
        signature.update(b"bounce:%d" % delivery_id)
        return f"{delivery_id}-{signature.hexdigest()[:16]}"

    return bounce_key


def _rows(statement: Any) -> int:
    """How many rows a bulk statement wrote."""
    done = db.session.execute(statement.execution_options(preserve_rowcount=True))
    return int(done.rowcount)  # type: ignore[attr-defined]
