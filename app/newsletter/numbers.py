"""What came of issues, from counters that are kept as things happen: no page counts the ledger."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.reading.clicks import CANARY, IssueLink

LATEST = 24


class Share(NamedTuple):
    """A number, and the whole it is part of."""

    number: int
    whole: int

    @property
    def percent(self) -> float | None:
        """None when there is nothing to be part of."""
        return 100 * self.number / self.whole if self.whole > 0 else None

    def __str__(self) -> str:
        return "none yet" if self.percent is None else f"{self.percent:.1f}".removesuffix(".0") + "%"


class Numbers(NamedTuple):
    """What came of one issue. A letter that was sent and did not come back counts as delivered."""

    issue: Issue

    @property
    def sent(self) -> int:
        return self.issue.sent

    @property
    def failed(self) -> Share:
        """What no mail server took, as a share of the letters that were offered to one."""
        return Share(self.issue.failed, self.issue.sent + self.issue.failed)

    @property
    def delivered(self) -> Share:
        return Share(max(0, self.issue.sent - self.issue.bounced), self.issue.sent)

    @property
    def bounced(self) -> Share:
        return Share(self.issue.bounced, self.issue.sent)

    @property
    def unsubscribed(self) -> Share:
        return Share(self.issue.unsubscribed, self.delivered.number)

    @property
    def complained(self) -> Share:
        return Share(self.issue.complained, self.delivered.number)


class LinkNumbers(NamedTuple):
    """How often a link was followed, by people as a share of the letters delivered."""

    url: str
    by_people: Share
    by_scanners: int


def of_links(issue: Issue) -> tuple[list[LinkNumbers], int]:
    """The issue's links in their order, and how often a scanner opened the one that no human sees."""
    delivered = Numbers(issue).delivered.number
    links = IssueLink.of(issue.id)
    visits = sum(link.by_scanners for link in links if link.position == CANARY)
    return [
        LinkNumbers(link.url, Share(link.by_people, delivered), link.by_scanners)
        for link in links
        if link.position != CANARY
    ], visits


def of_latest_issues() -> list[Numbers]:
    """The issues that went out last, newest first."""
    counters = (Issue.sent, Issue.failed, Issue.bounced, Issue.unsubscribed, Issue.complained)
    latest = select(Issue).where(Issue.frozen_at.is_not(None)).order_by(Issue.frozen_at.desc(), Issue.id.desc())
    return [
        Numbers(issue)
        for issue in db.session.scalars(
            latest.limit(LATEST).options(load_only(Issue.title, Issue.frozen_at, *counters))
        )
    ]
