"""Clicks, counted per link and nobody told apart: what a link leads to, and how often people and scanners followed it.

A scanner opens every link of a mail, the one that no human sees with the others. So a click is first kept beside a key
that stands for where it came from; some minutes later it is counted, for scanners if the hidden link was opened from
there too, and the key is gone.
"""

import hmac
from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    delete,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app import tokens
from app.clock import now
from app.extensions import Model, db, insert_with_conflict
from app.newsletter.issues.composing import compose
from app.newsletter.issues.links import FoundLinks, Links
from app.newsletter.issues.models import Issue
from app.urls import absolute_url

PURPOSE = "click"
CANARY = 0
# How long a click waits for the hidden link to be opened as well.
WAITS = timedelta(minutes=5)
# The other way round, a scanner's later clicks must still find it.
CANARY_SINGS_FOR = 2 * WAITS
FOLDED_AT_ONCE = 5000


class IssueLink(Model):
    """A web address in an issue, by its place; at place 0 the hidden link. Fixed once the issue goes out."""

    __table_args__ = (
        CheckConstraint("lower(url) LIKE 'http://%' OR lower(url) LIKE 'https://%'", name="leads_to_a_page"),
        CheckConstraint("position >= 0", name="has_a_place"),
    )

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    url: Mapped[str] = mapped_column(String(2000))
    by_people: Mapped[int] = mapped_column(default=0)
    by_scanners: Mapped[int] = mapped_column(default=0)

    @classmethod
    def write_for(cls, issue: Issue) -> None:
        """Keep what the issue links to; does nothing the second time. Lock the issue first, when it is frozen."""
        if db.session.get(cls, (issue.id, CANARY)):
            return
        found = FoundLinks()
        compose(issue, found)
        # Whoever opens the hidden link after all finds the front page.
        urls = [absolute_url("hub.home"), *found.urls]
        db.session.add_all(cls(issue_id=issue.id, position=position, url=url) for position, url in enumerate(urls))
        db.session.flush()

    @classmethod
    def for_issue(cls, issue: Issue) -> Links:
        """Exchanges every address that was kept for one that counts; the same for all recipients."""
        return CountedLinks(cls.of(issue.id))

    @classmethod
    def of(cls, issue_id: int) -> "list[IssueLink]":
        """The issue's links in their order, the hidden one first."""
        return list(db.session.scalars(select(cls).filter_by(issue_id=issue_id).order_by(cls.position)))

    @classmethod
    def from_token(cls, token: str) -> "IssueLink | None":
        """The link that a token of ours names. Where it leads stands in the row, so that no token leads elsewhere."""
        try:
            issue_id, position = tokens.read_shared(PURPOSE, token)
        except tokens.InvalidToken:
            return None
        return db.session.get(cls, (issue_id, position))

    @property
    def counting_url(self) -> str:
        """What stands in the mail in its place."""
        return absolute_url("newsletter.follow_link", token=tokens.sign_shared(PURPOSE, [self.issue_id, self.position]))


class CountedLinks(Links):
    def __init__(self, links: list[IssueLink]) -> None:
        self._by_url = {link.url: link.counting_url for link in links if link.position != CANARY}
        self.canary = links[0].counting_url if links else ""

    def exchanged(self, url: str) -> str:
        return self._by_url.get(url, url)


class Click(Model):
    """A link followed some minutes ago, not counted yet. From one place a link counts once meanwhile."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["issue_id", "position"], ["issue_link.issue_id", "issue_link.position"], ondelete="CASCADE"
        ),
        UniqueConstraint("issue_id", "position", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int]
    position: Mapped[int] = mapped_column(SmallInteger)
    # Stands for network and browser, within one issue; nobody can turn it back without the site's secret.
    place: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(default=now, index=True)

    @classmethod
    def note(cls, link: IssueLink, network: str, browser: str) -> None:
        """Somebody followed `link`, from this network with a browser that calls itself so."""
        noted = insert_with_conflict(cls).values(
            issue_id=link.issue_id, position=link.position, place=_place(link.issue_id, network, browser), at=now()
        )
        whole = ["issue_id", "position", "place"]
        if link.position == CANARY:
            db.session.execute(noted.on_conflict_do_update(index_elements=whole, set_={"at": now()}))
        else:
            db.session.execute(noted.on_conflict_do_nothing(index_elements=whole))

    @classmethod
    def fold(cls) -> int:
        """Count some of the clicks that have waited long enough, and forget them; how many. Two at once share them."""
        waited = select(cls.id).where(cls.position != CANARY, cls.at <= now() - WAITS).order_by(cls.id)
        chosen = waited.limit(FOLDED_AT_ONCE).with_for_update(skip_locked=True)
        taken = db.session.execute(
            delete(cls).where(cls.id.in_(chosen)).returning(cls.issue_id, cls.position, cls.place)
        ).all()
        scanners = {(issue_id, place) for issue_id, place in _where_canaries_sang({row[0] for row in taken})}
        counted = Counter((issue_id, at, (issue_id, place) in scanners) for issue_id, at, place in taken)
        for (issue_id, position, scanned), clicks in sorted(counted.items()):
            _count(issue_id, position, clicks, scanned)
        return len(taken)

    @classmethod
    def forget_canaries(cls) -> None:
        """Count the hidden links that no click waits for any more, and forget them."""
        over = delete(cls).where(cls.position == CANARY, cls.at <= now() - CANARY_SINGS_FOR).returning(cls.issue_id)
        for issue_id, visits in sorted(Counter(db.session.scalars(over)).items()):
            _count(issue_id, CANARY, visits, scanned=True)


def _where_canaries_sang(issue_ids: set[int]) -> list[tuple[int, str]]:
    sang = select(Click.issue_id, Click.place).where(Click.position == CANARY, Click.issue_id.in_(issue_ids))
    return [(issue_id, place) for issue_id, place in db.session.execute(sang)]


def _count(issue_id: int, position: int, clicks: int, scanned: bool) -> None:
    counter = IssueLink.by_scanners if scanned else IssueLink.by_people
    db.session.execute(
        update(IssueLink)
        .where(IssueLink.issue_id == issue_id, IssueLink.position == position)
        .values({counter: counter + clicks})
        .execution_options(synchronize_session=False)
    )


def _place(issue_id: int, network: str, browser: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"click:{issue_id}:{network}:{browser}".encode(), sha256).hexdigest()[:32]
