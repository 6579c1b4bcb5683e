"""What else happens while an issue goes: it is paused, people leave, workers meet."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.extensions import db
from app.followups import daily
from app.newsletter.growth import GrowthDay
from app.newsletter.issues import progress
from app.newsletter.issues.models import Issue
from app.newsletter.preferences.leaving import leave_everything
from app.newsletter.returned import bounces
from app.newsletter.sending import claiming
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sending.ledger import Ledger, release_ghosts
from app.newsletter.tasks import send_issues, sweep_issues
from app.people import records
from app.people.models import Person
from tests.newsletter.sending.conftest import another_issue, as_it_is, readers, send


def test_paused_in_the_middle_and_resumed_it_reaches_everybody(issue, app, mail_server):
    readers(12)
    number, seen = issue.id, []

    def pause_at_the_sixth(address):
        seen.append(address)
        if len(seen) == 6:
            with app.app_context():
                progress.pause_for(number, "a typo")
                db.session.commit()

    mail_server.refuse_recipient = pause_at_the_sixth
    assert send(issue).state == "paused"
    before = len(mail_server.received)
    assert 0 < before < 12
    mail_server.refuse_recipient = lambda _: None
    Issue.for_update(number).resume()
    db.session.commit()
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    assert len(mail_server.received) == 12


def test_a_pause_is_noticed_though_everything_is_put_off(issue, app, mail_server):
    readers(40)
    number, seen = issue.id, []

    def pause_at_the_third(address):
        seen.append(address)
        if len(seen) == 3:
            with app.app_context():
                progress.pause_for(number, "a typo")
                db.session.commit()
        return "451 4.7.1 later"

    mail_server.refuse_recipient = pause_at_the_third
    assert send(issue).state == "paused"
    assert len(seen) < 20


def test_no_more_are_claimed_than_go_in_a_minute():
    claims = claiming.Claims(None)
    assert [claims.next_count(moment) for moment in range(1, 9)] == [20, 40, 80, 160, 320, 640, 800, 800]
    assert claims.next_count(8 + 60) == 800
    assert claims.next_count(8 + 60 + 120) == 400
    assert claims.next_count(8 + 60 + 120 + 24_000) == 20


def test_two_workers_with_two_issues_give_a_reader_one_of_them(issue, clock):
    readers(1)
    second = another_issue()
    for each in (issue, second):
        each.schedule(now())
        each.freeze()
    db.session.commit()
    one, two = Ledger(issue.id, "worker one"), Ledger(second.id, "worker two")
    rows, others = one.claim(10), two.claim(10)
    subscription_id = rows[0].subscription_id
    assert one.waits_for_another(rows) == {subscription_id: now() + timedelta(minutes=1)}
    assert two.waits_for_another(others) == {subscription_id: now() + timedelta(minutes=5)}
    one.close()
    two.close()


@pytest.mark.parametrize("what", ["complains", "is erased"])
def test_leaving_while_another_complains_or_is_erased_makes_no_deadlock(issue, app, mail_server, monkeypatch, what):
    readers(2, source="/newsletter/")
    send(issue)
    second = another_issue()
    second.schedule(now())
    second.freeze()
    db.session.commit()
    db.session.scalars(
        select(Delivery).filter_by(issue_id=second.id).order_by(Delivery.id.desc())
    ).first().sent_at = now()
    db.session.commit()
    for counting in (progress, GrowthDay):
        slow_down(monkeypatch, counting)
    acts = {
        "complains": lambda: bounces.complained("reader0@example.org", "abuse"),
        "is erased": lambda: records.erase(Person.with_email("reader0@example.org")),
    }
    assert (
        troubles_of(app, acts[what], lambda: leave_everything(Person.with_email("reader1@example.org"), page="/")) == []
    )


def slow_down(monkeypatch, counting):
    """Let it hold what it counted on for a while, so that the other gets to its own first count."""
    count = counting.count

    def counted(*args, **more):
        count(*args, **more)
        time.sleep(0.3)

    monkeypatch.setattr(counting, "count", counted)


def troubles_of(app, *acts):
    """What the database said when these were done at once."""
    said = []
    db.session.rollback()

    def do(act):
        with app.app_context():
            try:
                act()
                db.session.commit()
            except OperationalError as problem:
                said.append(str(problem))
                db.session.rollback()

    threads = [threading.Thread(target=do, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_what_nobody_known_has_claimed_is_sent(issue, mail_server):
    readers(2)
    issue.schedule(now())
    issue.freeze()
    for delivery in db.session.scalars(select(Delivery)):
        delivery.claimed_by = "a ghost"
    db.session.commit()
    sweep_issues.call_local()
    assert mail_server.received == []
    release_ghosts()
    db.session.commit()
    sweep_issues.call_local()
    assert len(mail_server.received) == 2


def test_an_issue_put_off_while_it_was_about_to_be_frozen_waits(issue, clock):
    readers(1)
    issue.schedule(now())
    db.session.commit()
    assert Issue.due() == [issue.id]
    issue.unschedule()
    issue.schedule(now() + daily.A_DAY)
    issue.freeze()
    assert issue.state == "scheduled"
    db.session.commit()
    send_issues.call_local()
    assert as_it_is(issue).state == "scheduled"
