"""An issue, its readers, and what became of them."""

import threading
import time

import pytest
from sqlalchemy import select

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.tasks import send_issues
from app.outbox.delivery import Deliverer
from app.people.models import Person
from tests.newsletter.conftest import fresh


def readers(count, **fields):
    """So many confirmed subscriptions, of reader0@example.org and on."""
    for number in range(count):
        person = Person(email=f"reader{number}@example.org", name=f"Reader{number} Doe")
        db.session.add(Subscription(person=person, confirmed_at=now(), **fields))
    db.session.commit()


@pytest.fixture
def issue(app, mail_server):
    issue = Issue(slug="one", title="One", subject="Hello {first_name|Doctor}", body="Words.")
    db.session.add(issue)
    db.session.commit()
    return issue


def another_issue():
    second = Issue(slug="two", title="Two", subject="Again", body="Words.")
    db.session.add(second)
    db.session.commit()
    return second


def send(issue):
    """Schedule it for now and do all the work there is; gives it as it is afterwards."""
    issue.schedule(now())
    db.session.commit()
    send_issues.call_local()
    return as_it_is(issue)


def as_it_is(issue):
    return fresh(lambda: db.session.get_one(Issue, issue.id))


def deliveries():
    return fresh(lambda: list(db.session.scalars(select(Delivery).order_by(Delivery.id))))


def subscription_of(address):
    return db.session.scalars(select(Subscription).join(Person).where(Person.email == address)).one()


@pytest.fixture
def stop_once_troubled(app):
    """Tells the worker of this process to stop as soon as the owner is told of trouble with an issue."""
    over, watchers = threading.Event(), []

    def watch(number):
        deliverer = Deliverer.of_this_process()
        db.session.commit()

        def look():
            with app.app_context():
                while not (over.is_set() or db.session.scalar(select(Issue.trouble).filter_by(id=number))):
                    db.session.rollback()
                    time.sleep(0.05)
                db.session.rollback()
            deliverer.stopping.set()

        watchers.append(threading.Thread(target=look))
        watchers[-1].start()
        return deliverer

    yield watch
    over.set()
    for watcher in watchers:
        watcher.join()
