"""Which issues went to somebody, on their page."""

import re

import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sending.ledger_statements import LEFT
from app.studio.people_views import SHOWN
from tests.studio import factories


@pytest.fixture
def ada(app):
    subscription = factories.subscription("ada@example.org", "Ada Lovelace")
    factories.subscription("bob@example.org")
    db.session.commit()
    return subscription


def went_to(subscription, title, issue_columns=None, **columns):
    at = now()
    issue = Issue(slug=title.lower(), title=title, scheduled_at=at, frozen_at=at, **(issue_columns or {}))
    db.session.add(issue)
    db.session.flush()
    db.session.add(Delivery(issue_id=issue.id, subscription_id=subscription.id, due_at=at, **columns))
    db.session.commit()


def lines_of(owner, subscription):
    """The lines of the table, as words, newest first."""
    page = owner.get(f"/studio/people/{subscription.person_id}").text
    table = page.partition("<h2>Issues to them</h2>")[2].partition("<h2>")[0]
    lines = re.sub(r"<[^>]+>", " ", table.replace("\N{EN DASH}", "-").replace("</tr>", "|")).split("|")
    return [" ".join(line.split()) for line in lines if line.strip()][1:]


def test_each_issue_is_there_with_what_came_of_it_newest_first(owner, ada, clock):
    at = clock.time
    went_to(ada, "First", sent_at=at, answer="250 ok", bounced_at=at, bounce_kind="hard")
    for title, issue_columns, columns in (
        ("Second", {}, {"failed_at": at, "answer": "550 5.1.1 <No> such user"}),
        ("Third", {}, {"skipped_at": at, "answer": LEFT}),
        ("Fourth", {"cancelled_at": at}, {}),
        ("Fifth", {}, {"sent_at": at, "answer": "250 taken", "complained_at": at}),
        ("Sixth", {}, {}),
    ):
        clock.advance(days=1)
        went_to(ada, title, issue_columns, **columns)
    assert lines_of(owner, ada) == [
        "Sixth Waiting - -",
        "Fifth Sent · Complained Nov 23, 2026, 4:00 AM EST , complained Nov 23, 2026, 4:00 AM EST 250 taken",
        "Fourth Not sent Nov 23, 2026, 4:00 AM EST The issue was cancelled first.",
        f"Third Skipped Nov 23, 2026, 4:00 AM EST {LEFT}",
        "Second Failed Nov 23, 2026, 4:00 AM EST 550 5.1.1 &lt;No&gt; such user",
        "First Sent · Bounced Nov 23, 2026, 4:00 AM EST , came back Nov 23, 2026, 4:00 AM EST 250 ok",
    ]


def test_of_many_the_newest_are_shown_and_none_is_asked_for_by_itself(owner, ada, clock, queries):
    went_to(ada, "First", sent_at=clock.time)
    person_id = ada.person_id

    def asked():
        db.session.expunge_all()
        with queries() as sent:
            owner.get(f"/studio/people/{person_id}")
        return len(sent)

    before = asked()
    for number in range(SHOWN):
        clock.advance(days=1)
        went_to(db.session.merge(ada), f"Issue {number}", sent_at=clock.time)
    assert asked() == before
    lines = lines_of(owner, db.session.merge(ada))
    assert len(lines) == SHOWN
    assert lines[0].startswith(f"Issue {SHOWN - 1} ")
    assert not any(line.startswith("First") for line in lines)


def test_who_got_none_is_told_so(owner, ada):
    went_to(ada, "First", sent_at=now())
    cy = factories.subscription("cy@example.org")
    db.session.commit()
    assert lines_of(owner, cy) == []
