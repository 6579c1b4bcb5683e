"""Letters of sequences that are held back for many at once, each by what holds theirs."""

import threading
from datetime import timedelta

import pytest

from app import followups
from app.clock import now
from app.extensions import db
from app.followups import SequenceRun, tasks
from app.followups.tasks import send_due_steps, sweep_followups
from app.newsletter.models import Subscription
from app.people.models import Person
from tests.newsletter.conftest import fresh
from tests.newsletter.sending.conftest import readers, subscription_of
from tests.newsletter.sending.test_one_a_day import issue

ENROLLED = "enrolled"


@pytest.fixture
def course(app, clock):
    sequence = followups.Sequence(name="course", title="Course", purpose="course", starts_on=ENROLLED)
    sequence.steps = [followups.SequenceStep(position=1, slug="a", subject="Of the course", delay_hours=0, body="A")]
    db.session.add(sequence)
    db.session.commit()


def waiting(count):
    """So many readers whose letter is due now, in the order of their numbers."""
    readers(count)
    for person in db.session.scalars(db.select(Person).order_by(Person.id)):
        followups.happened(ENROLLED, person, "order:1")
    db.session.commit()


def with_tag(*numbers):
    for number in numbers:
        subscription_of(f"reader{number}@example.org").tag(["speaker"])
    db.session.commit()


def looked_at_next():
    """When the letter of each reader is looked at again, by address; None for whom it was written."""
    runs = db.select(Person.email, SequenceRun.next_at).join(Person, Person.id == SequenceRun.person_id)
    return {email.partition("@")[0]: at for email, at in fresh(lambda: db.session.execute(runs).all())}


def written_to(mail):
    return sorted(email.to_address.partition("@")[0] for email in mail.all)


def test_each_waits_for_what_holds_theirs_and_who_is_free_is_written_to(course, mail, clock, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 3)
    waiting(7)
    with_tag(1, 2, 4)
    sooner, later = clock.time + timedelta(hours=2), clock.time + timedelta(hours=5)
    issue(later, include={"tags": ["speaker"]})
    for number in (4, 5):
        sleeper = subscription_of(f"reader{number}@example.org")
        sleeper.quiet_from_hour, sleeper.quiet_to_hour, sleeper.time_zone = 8, 11, "UTC"
    subscription_of("reader6@example.org").paused_until = sooner  # From the newsletter, not from the course.
    db.session.commit()
    sweep_followups.call_local()
    assert written_to(mail) == ["reader0", "reader3", "reader6"]
    of_the_issue = dict.fromkeys(("reader1", "reader2", "reader4"), later + timedelta(hours=24))
    assert looked_at_next() == dict.fromkeys(("reader0", "reader3", "reader6")) | of_the_issue | {"reader5": sooner}


def test_the_later_of_two_issues_counts_for_who_gets_both(course, clock):
    waiting(2)
    with_tag(1)
    for slug, hours, include in (("late", 9, {"tags": ["speaker"]}), ("early", 3, {})):
        row = issue(clock.time + timedelta(hours=hours), include=include)
        row.slug = slug
        db.session.commit()
    sweep_followups.call_local()
    start = clock.time + timedelta(hours=24)
    assert looked_at_next() == {"reader0": start + timedelta(hours=3), "reader1": start + timedelta(hours=9)}


def test_holding_ten_back_asks_no_more_than_holding_one_back(course, queries, clock):
    issue(clock.time + timedelta(hours=2))
    counts = []
    for first, last in ((0, 1), (1, 11)):
        for number in range(first, last):
            person = Person(email=f"reader{number}@example.org")
            db.session.add(Subscription(person=person, confirmed_at=now()))
            followups.happened(ENROLLED, person, "order:1")
        db.session.commit()
        with queries() as sent:
            sweep_followups.call_local()
        counts.append(len(sent))
    assert None not in looked_at_next().values()
    assert counts[0] == counts[1]


def test_two_workers_at_once_write_to_everybody_once(app, course, mail, clock, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 4)
    waiting(12)
    with_tag(*range(0, 12, 2))
    issue(clock.time + timedelta(hours=2), include={"tags": ["speaker"]})

    def work():
        with app.app_context():
            send_due_steps.call_local()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written_to(mail) == sorted(f"reader{number}" for number in range(1, 12, 2))
    assert len([at for at in looked_at_next().values() if at]) == 6


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # On SQLite one writes at a time.
def test_who_is_being_written_to_is_neither_waited_for_nor_held_back(app, course, mail):
    waiting(3)
    locked, done = threading.Event(), threading.Event()

    def keep_the_first():
        with app.app_context():
            SequenceRun.turn_of(db.session.scalar(db.select(Person.id).order_by(Person.id)))
            locked.set()
            done.wait(10)
            db.session.rollback()

    thread = threading.Thread(target=keep_the_first)
    thread.start()
    locked.wait(5)
    sweep_followups.call_local()
    still_locked = thread.is_alive()
    done.set()
    thread.join()
    assert still_locked
    assert written_to(mail) == ["reader1", "reader2"]
    sweep_followups.call_local()
    assert written_to(mail) == ["reader0", "reader1", "reader2"]


def test_one_of_whom_nothing_can_be_told_waits_an_hour_and_holds_up_nobody_else(course, mail, clock, monkeypatch):
    waiting(3)
    odd = db.session.scalar(db.select(Person.id).filter_by(email="reader1@example.org"))

    def stumbles(person_ids, _purpose):
        if odd in person_ids:
            raise ValueError("an odd one")
        return {}

    monkeypatch.setattr(followups.holds, "HOLDS", [*followups.HOLDS, stumbles])
    sweep_followups.call_local()
    assert written_to(mail) == ["reader0", "reader2"]
    assert looked_at_next()["reader1"] == clock.time + timedelta(hours=1)
