import json

import pytest

from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.returned import bounces
from app.newsletter.sending.deliveries import Delivery, bounce_keys
from app.people.models import Person
from app.people.suppressions import Suppression
from tests.newsletter.conftest import ADA, fresh


@pytest.fixture
def subscribed(ada, clock):
    ada.subscribe()
    clock.advance(days=1)
    return ada


@pytest.fixture
def delivery(subscribed, clock):
    return sent(clock.time)


def sent(at):
    """An issue of its own, and its letter to Ada, sent at this moment."""
    number = db.session.query(Issue).count() + 1
    issue = Issue(slug=f"issue-{number}", title="One idea", recipients=1, sent=1)
    db.session.add(issue)
    db.session.flush()
    subscription = db.session.scalars(db.select(Subscription).join(Person).where(Person.email == ADA)).one()
    delivery = Delivery(issue_id=issue.id, subscription_id=subscription.id, due_at=at, sent_at=at)
    db.session.add(delivery)
    db.session.commit()
    return delivery


def counters(delivery):
    issue = fresh(lambda: db.session.get(Issue, delivery.issue_id))
    return issue.bounced, issue.complained


def reason():
    entry = fresh(lambda: Suppression.of(ADA))
    return entry and entry.reason


def envelope_of(delivery):
    return bounces.envelope_sender(bounce_keys()(delivery.id))


ODD = [
    [], ["Notification"], {}, {"a": 1}, 0, 1e308, True, "", "\ud800", "x\0y", "x" * 50_000, "0001-01-01T00:00:00+23:59",
    json.loads("[" * 300 + "]" * 300),
]  # fmt: skip


def with_one_changed(told):
    """`told`, and with each of the values in it replaced by each odd one in turn."""
    for name, value in told.items():
        inner = with_one_changed(value) if isinstance(value, dict) else ()
        yield from (told | {name: each} for each in [*ODD, *inner])
