"""An issue on its way while workers are killed, told to stop, and doubled: everybody gets it, and only what was in
hand may come twice, under the same Message-ID."""

import signal
from collections import Counter

import pytest
from sqlalchemy import and_, func, select

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.people.models import Person
from tests.conftest import redis_url
from tests.faults.conftest import CONNECTIONS
from tests.newsletter.conftest import fresh
from tests.processes import stop, wait_until

READERS = 400


@pytest.fixture
def queue_url(database_kind, tmp_path):
    """As a site grows: files on one machine, then PostgreSQL with Redis."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path}/queue.db"
    return redis_url()


@pytest.fixture
def issue(app, slow_server):
    """On its way to everybody as soon as a worker runs."""
    slow_server.seconds_per_mail = 0.01
    for number in range(READERS):
        person = Person(email=f"reader{number}@example.org", name=f"Reader{number}")
        db.session.add(Subscription(person=person, confirmed_at=now()))
    issue = Issue(slug="one", title="One", subject="Hello {first_name|Doctor}", body="Words.", scheduled_at=now())
    db.session.add(issue)
    db.session.commit()
    return issue.id


def as_it_is(issue_id):
    return fresh(lambda: db.session.get_one(Issue, issue_id))


def sent_in_the_ledger():
    return fresh(lambda: db.session.scalar(select(func.count()).where(Delivery.sent_at.is_not(None))))


def in_hand_by_worker():
    """How many letters each worker has given to the mail server and not heard of yet, by the ledger."""
    has_some = and_(Delivery.handed_at.is_not(None), Delivery.claimed_by.is_not(None), Delivery.is_undecided())
    counted = select(func.count()).where(has_some).group_by(Delivery.claimed_by)
    return fresh(lambda: list(db.session.scalars(counted)))


def arrivals(server):
    """How often each letter arrived, by Message-ID."""
    return Counter(message["Message-ID"] for message in list(server.received))


def test_killed_again_and_again_it_reaches_everybody(issue, start_worker, slow_server):
    kills = 0
    for share in (0.2, 0.4, 0.6, 0.8):
        worker = start_worker()
        wait_until(lambda goal=share: len(slow_server.received) >= READERS * goal, what=f"{share:.0%} of the letters")
        stop(worker, signal.SIGKILL)
        kills += 1
    worker = start_worker()
    wait_until(lambda: as_it_is(issue).state == "sent", what="the end of the send")
    assert stop(worker) == 0

    arrived = arrivals(slow_server)
    assert len(arrived) == READERS == sent_in_the_ledger() == as_it_is(issue).sent
    assert max(arrived.values()) <= 2
    assert sum(arrived.values()) - READERS <= kills * CONNECTIONS


def test_told_to_stop_it_finishes_what_is_in_hand(issue, start_worker, slow_server):
    for how in (signal.SIGTERM, signal.SIGINT):
        before = len(slow_server.received)
        worker = start_worker()
        wait_until(lambda seen=before: len(slow_server.received) > seen + 30, what="the first letters")
        assert stop(worker, how) == 0
        assert sent_in_the_ledger() == as_it_is(issue).sent == len(slow_server.received)
        assert fresh(lambda: db.session.scalar(select(func.count()).where(Delivery.claimed_by.is_not(None)))) == 0
    assert max(arrivals(slow_server).values()) == 1


def test_two_workers_share_a_send(issue, start_worker, slow_server):
    slow_server.seconds_per_mail = 3  # Nobody is done before both are there.
    first, second = start_worker(), start_worker()
    wait_until(
        lambda: in_hand_by_worker() == [CONNECTIONS, CONNECTIONS], what="both with all their connections at work"
    )
    slow_server.seconds_per_mail = 0.01
    wait_until(lambda: as_it_is(issue).state == "sent", what="the end of the send")
    assert stop(first) == stop(second) == 0
    arrived = arrivals(slow_server)
    assert len(arrived) == READERS == as_it_is(issue).sent
    assert max(arrived.values()) == 1
    assert slow_server.connections == 2 * CONNECTIONS
