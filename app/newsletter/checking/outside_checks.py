"""What came of asking outside about links and about the sender's domain, kept for a while so that no page waits for it.

A subject is a link, or a question of app.outbox.sender_domain.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, came_first, db, queue
from app.newsletter.checking import link_asking
from app.newsletter.checking.link_asking import WEB
from app.outbox import sender_domain
from app.outside import Outcome

log = logging.getLogger(__name__)
# Bad news is asked for again soon: its cause may be mended by now.
GOOD_FOR = {"good": timedelta(hours=6), "unsure": timedelta(hours=1), "bad": timedelta(minutes=10)}
NAMES_GOOD_FOR = timedelta(hours=1)
TAKES_AT_MOST = timedelta(minutes=2)
FORGOTTEN_AFTER = timedelta(days=2)
LONGEST_SUBJECT = 2000


class OutsideCheck(Model):
    """One subject, when it was asked about, and what was said; a row with no verdict is being asked."""

    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(default=now, index=True)
    verdict: Mapped[str] = mapped_column(String(10), default="")
    words: Mapped[str] = mapped_column(default="")

    @property
    def is_fresh(self) -> bool:
        kept = GOOD_FOR.get(self.verdict, timedelta())
        return self.asked_at > now() - (kept if self.subject.startswith(WEB) else min(kept, NAMES_GOOD_FOR))

    @property
    def is_being_asked(self) -> bool:
        return not self.verdict and self.asked_at > now() - TAKES_AT_MOST

    @classmethod
    def known(cls, subjects: Iterable[str]) -> dict[str, Outcome]:
        """What is known of each, where that is fresh enough to go by."""
        rows = db.session.scalars(select(cls).where(cls.subject.in_(list(subjects))))
        return {row.subject: Outcome(row.verdict, row.words) for row in rows if row.is_fresh}

    @classmethod
    def claim(cls, subjects: Iterable[str]) -> list[str]:
        """Those that somebody has to ask about, marked as being asked. Commit before asking."""
        return [subject for subject in sorted(set(subjects)) if cls._is_claimed(subject)]

    @classmethod
    def _is_claimed(cls, subject: str) -> bool:
        row = db.session.get(cls, subject, with_for_update=True, populate_existing=True)
        if row is None:
            return came_first(cls(subject=subject))
        if row.is_fresh or row.is_being_asked:
            return False
        row.asked_at, row.verdict, row.words = now(), "", ""
        return True

    @classmethod
    def keep(cls, outcomes: dict[str, Outcome]) -> None:
        for subject, outcome in outcomes.items():
            db.session.merge(cls(subject=subject, asked_at=now(), verdict=outcome.verdict, words=outcome.words))

    @classmethod
    def forget_troubles(cls, subjects: Iterable[str]) -> None:
        """Have asked again what was not answered well: its cause is said to be mended."""
        troubled = cls.subject.in_(list(subjects)) & cls.verdict.in_(["bad", "unsure"])
        db.session.execute(delete(cls).where(troubled))

    @classmethod
    def forget_old(cls) -> None:
        db.session.execute(delete(cls).where(cls.asked_at < now() - FORGOTTEN_AFTER))


def ask_now(subjects: Iterable[str]) -> None:
    """Ask about those of which nothing fresh is known. Takes seconds; commits before it asks and after."""
    OutsideCheck.forget_old()
    claimed = OutsideCheck.claim(subjects)
    db.session.commit()
    outcomes = link_asking.ask_all([each for each in claimed if each.startswith(WEB)], current_app.config["SITE_URL"])
    outcomes |= {each: sender_domain.ask(each) for each in claimed if not each.startswith(WEB)}
    OutsideCheck.keep(outcomes)
    db.session.commit()


def ask_soon(subjects: Iterable[str]) -> None:
    """Have a worker ask about them. A queue that is down fails nothing: whoever looks next asks again."""
    try:
        ask_outside(list(subjects))
    except Exception:
        log.exception("queue unreachable; links stay unchecked")


@queue.task()
def ask_outside(subjects: list[str]) -> None:
    ask_now(subjects)
