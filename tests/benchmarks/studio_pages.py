"""The studio's pages about the newsletter: with a million subscribers and deliveries beside a thousand of each."""

import time
from contextlib import ExitStack
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.clock import now
from app.extensions import db, take_as_long_as_needed
from app.newsletter.issues.models import Issue
from app.newsletter.reading.clicks import IssueLink
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.benchmarks.databases import kinds, site_on, subscribe

FEW, MANY = 1_000, 1_000_000
TIMES = 25
PAGES = {
    "overview": "",
    "subscribers, newest": "subscriptions",
    "… from the middle": "subscriptions?before={middle}",
    "… active": "subscriptions?state=active",
    "… waiting": "subscriptions?state=waiting",
    "… suppressed": "subscriptions?state=suppressed",
    "… left": "subscriptions?state=left",
    "… an address": "subscriptions?q=reader{middle}@example.org",
    "a person": "people/{middle}",
    "issues": "issues",
    "progress of an issue": "issues/{issue}/progress",
    "numbers of an issue": "issues/{issue}/numbers",
    "newsletter numbers": "newsletter",
}
ISSUES, LINKS = 30, 20
# One in fifty failed, one in a hundred waits, and all others have it.
DELIVERIES = """INSERT INTO delivery
(issue_id, subscription_id, due_at, attempts, unanswered, answer, sent_at, failed_at)
SELECT :issue, id, :at, 1, 0, '', CASE WHEN id % 100 >= 3 THEN :at END, CASE WHEN id % 100 IN (1, 2) THEN :at END
FROM subscription"""


def compare() -> None:
    print(f"\nPages of the studio: ms (median), with {FEW:,} subscribers and deliveries and with {MANY:,}")
    for kind in kinds():
        with ExitStack() as sites:
            owners = {count: _owner(sites.enter_context(site_on(kind)), count) for count in (FEW, MANY)}
            for name, path in PAGES.items():
                few, many = _ms(owners, path)
                print(f"  {kind:11} {name:22} {few:6.1f} {many:6.1f}   {many / few:5.2f}", flush=True)


def _ms(owners: dict[int, FlaskClient], path: str) -> list[float]:
    """How long a page takes on each site, asked in turn, so that a busy moment of the machine touches both."""
    took: dict[int, list[float]] = {count: [] for count in owners}
    for _ in range(TIMES):
        for count, owner in owners.items():
            page = f"/studio/{path.format(middle=count // 2, issue=ISSUES)}"
            begun = time.perf_counter()
            assert owner.get(page).status_code == 200
            took[count].append((time.perf_counter() - begun) * 1000)
    return [median(each) for each in took.values()]


def _owner(app: Flask, count: int) -> FlaskClient:
    """The owner of a site with so many subscribers and deliveries, signed in."""
    subscribe(count)
    _send_issues(count)
    person = Person.at("owner@bench.example.org")
    person.make_owner()
    code, _ = SignInCode.issue(person)
    db.session.commit()
    client = app.test_client()
    client.post(f"/sign-in/{code.link_token}")
    return client


def _send_issues(count: int) -> None:
    """Some issues, the last of which is on its way to everybody."""
    at = now()
    for number in range(1, ISSUES + 1):
        gone = {"scheduled_at": at, "frozen_at": at, "started_at": at, "finished_at": at if number < ISSUES else None}
        counters = {"recipients": count, "sent": count * 97 // 100, "failed": count // 50}
        db.session.add(Issue(id=number, slug=f"issue-{number}", title=f"Issue {number}", **gone, **counters))
        db.session.flush()
    links = [f"https://example.org/{number}" for number in range(1, LINKS + 1)]
    db.session.add_all(IssueLink(issue_id=ISSUES, position=place, url=url) for place, url in enumerate(links))
    take_as_long_as_needed()
    db.session.execute(text(DELIVERIES), {"issue": ISSUES, "at": at.replace(tzinfo=None)})
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


if __name__ == "__main__":
    compare()
