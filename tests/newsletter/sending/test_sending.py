"""An issue on its way: everybody once, whatever the mail server does."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.tasks import send_issues, sweep_issues
from app.outbox.models import Worker
from tests.newsletter.sending.conftest import as_it_is, deliveries, readers, send, subscription_of


def test_everybody_gets_it_once_and_the_ledger_says_so(issue, mail_server):
    readers(30)
    issue = send(issue)
    assert (issue.state, issue.recipients, issue.sent, issue.failed, issue.skipped) == ("sent", 30, 30, 0, 0)
    assert sorted(address for envelope in mail_server.envelopes for address in envelope.rcpt_tos) == sorted(
        f"reader{number}@example.org" for number in range(30)
    )
    assert {delivery.state for delivery in deliveries()} == {"sent"}
    assert all(delivery.handed_at and delivery.answer.startswith("250") for delivery in deliveries())
    assert mail_server.to("reader7@example.org")[0]["Subject"] == "Hello Reader7"
    sweep_issues.call_local()
    assert len(mail_server.received) == 30


def test_each_letter_has_an_address_of_its_own_to_come_back_to(issue, mail_server):
    readers(3)
    send(issue)
    for envelope in mail_server.envelopes:
        key = envelope.mail_from.partition("+")[2].partition("@")[0]
        delivery = Delivery.from_bounce_key(key)
        assert db.session.get(Subscription, delivery.subscription_id).person.email == envelope.rcpt_tos[0]


@pytest.mark.parametrize("pipelining", [True, False])
def test_it_goes_with_and_without_pipelining(issue, mail_server, pipelining):
    mail_server.pipelining = pipelining
    readers(12)
    assert send(issue).sent == 12
    assert len(mail_server.received) == 12


def test_an_audience_of_nobody_is_done_at_once(issue):
    assert send(issue).state == "sent"


@pytest.mark.parametrize(
    "answer", ["450 4.2.1 greylisted", "452 4.2.2 full", "421 4.3.2 shutting down", "451 4.7.1 wait"]
)
def test_what_is_refused_for_now_goes_later_once(issue, mail_server, clock, answer):
    readers(6)
    mail_server.refuse_next(answer)
    issue = send(issue)
    assert (issue.state, issue.sent, issue.failed, issue.waiting) == ("sending", 5, 0, 1)
    late = next(delivery for delivery in deliveries() if delivery.state == "retrying")
    assert late.attempts == 1
    clock.advance(minutes=2)
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    assert sorted(len(mail_server.to(f"reader{number}@example.org")) for number in range(6)) == [1] * 6


def test_an_answer_that_no_database_can_keep_is_kept_as_far_as_it_goes(issue, mail_server):
    readers(2)
    mail_server.refuse_next("554 5.7.1 not\0wanted")
    issue = send(issue)
    assert (issue.state, issue.sent, issue.failed) == ("sent", 1, 1)
    assert [delivery.answer for delivery in deliveries() if delivery.state == "failed"] == [
        "554 5.7.1 not\N{REPLACEMENT CHARACTER}wanted"
    ]


@pytest.mark.parametrize("answer", ["552 5.2.2 over quota", "554 5.7.1 not wanted here", "550 5.1.1 no such user"])
def test_what_is_refused_for_good_has_failed_and_is_not_tried_again(issue, mail_server, clock, answer):
    readers(6)
    mail_server.refuse_next(answer)
    issue = send(issue)
    assert (issue.state, issue.sent, issue.failed) == ("sent", 5, 1)
    assert [delivery.answer for delivery in deliveries() if delivery.state == "failed"] == [answer]
    clock.advance(days=3)
    sweep_issues.call_local()
    assert len(mail_server.received) == 5


def test_one_refused_recipient_holds_up_nobody_else(issue, mail_server):
    mail_server.refuse_recipient = lambda address: "550 5.1.1 unknown" if address.startswith("reader3") else None
    readers(10)
    issue = send(issue)
    assert (issue.sent, issue.failed) == (9, 1)
    assert mail_server.to("reader3@example.org") == []
    assert {delivery.attempts for delivery in deliveries()} == {1}, "it was tried, though nothing was handed over"


def test_a_server_that_hangs_up_after_the_message_gets_it_again_under_the_same_message_id(issue, mail_server, clock):
    readers(5)
    mail_server.hang_up_after_data = 1
    send(issue)
    clock.advance(minutes=2)
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    ids = [message["Message-ID"] for message in mail_server.received]
    assert len(ids) == 6
    assert len(set(ids)) == 5


def test_a_server_that_is_away_is_waited_for(issue, app, mail_server, clock, stop_once_troubled):
    readers(3)
    port = mail_server.port
    mail_server.stop()
    stop_once_troubled(issue.id)
    issue = send(issue)
    assert issue.state == "sending"
    assert "refused" in issue.trouble.lower()
    assert issue.waiting == 3
    again = type(mail_server)(port).start()
    app.extensions.pop("outbox")
    send_issues.call_local()
    assert as_it_is(issue).state == "sent"
    assert as_it_is(issue).trouble == ""
    assert len(again.received) == 3
    again.stop()


def test_who_leaves_meanwhile_gets_nothing(issue, mail_server):
    readers(5)
    issue.schedule(now())
    issue.freeze()
    subscription_of("reader2@example.org").leave()
    subscription_of("reader3@example.org").suppressed_at = now()
    subscription_of("reader4@example.org").paused_until = now() + timedelta(days=30)
    db.session.commit()
    send_issues.call_local()
    issue = as_it_is(issue)
    assert (issue.state, issue.sent, issue.skipped) == ("sent", 2, 3)
    assert len(mail_server.received) == 2


def test_a_paused_issue_rests_until_it_is_resumed(issue, mail_server):
    readers(4)
    issue.schedule(now())
    issue.freeze()
    issue.pause("a typo")
    db.session.commit()
    send_issues.call_local()
    assert mail_server.received == []
    Issue.for_update(issue.id).resume()
    db.session.commit()
    send_issues.call_local()
    assert as_it_is(issue).state == "sent"


def test_a_cancelled_issue_goes_to_nobody_else(issue, mail_server):
    readers(4)
    issue.schedule(now())
    issue.freeze()
    issue.cancel()
    db.session.commit()
    send_issues.call_local()
    assert mail_server.received == []
    assert as_it_is(issue).state == "cancelled"


def test_many_failures_pause_it_and_say_why(issue, mail_server):
    mail_server.refuse = "554 5.7.1 blocked"
    readers(40)
    issue = send(issue)
    assert issue.state == "paused"
    assert "5 %" in issue.pause_reason
    assert 10 < issue.failed < 30
    mail_server.refuse = None
    Issue.for_update(issue.id).resume()
    Issue.for_update(issue.id).retry_failed()
    db.session.commit()
    send_issues.call_local()
    assert (as_it_is(issue).state, as_it_is(issue).sent, as_it_is(issue).failed) == ("sent", 40, 0)


def test_a_refused_log_in_pauses_it_at_once(issue, app, mail_server):
    readers(2)
    mail_server.refuse_recipient = lambda _: "530 5.7.0 authentication required"
    issue = send(issue)
    assert issue.state == "paused"
    assert "authentication required" in issue.pause_reason
    assert issue.failed == 0


def test_quiet_hours_are_kept(issue, mail_server, clock):
    readers(2)
    subscription = subscription_of("reader1@example.org")
    subscription.quiet_from_hour, subscription.quiet_to_hour, subscription.time_zone = 8, 12, "UTC"
    db.session.commit()
    issue = send(issue)
    assert (issue.sent, issue.waiting) == (1, 1)
    clock.advance(hours=2)
    sweep_issues.call_local()
    assert as_it_is(issue).waiting == 1
    clock.advance(hours=2)
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"


def test_nobody_gets_two_issues_a_day(issue, mail_server, clock):
    readers(2)
    send(issue)
    second = Issue(slug="two", title="Two", subject="Again", body="Words.")
    db.session.add(second)
    db.session.commit()
    clock.advance(hours=5)
    assert send(second).waiting == 2
    clock.advance(hours=19)
    sweep_issues.call_local()
    assert as_it_is(second).state == "sent"


def test_what_a_dead_worker_claimed_is_sent_by_another(issue, mail_server):
    readers(3)
    issue.schedule(now())
    issue.freeze()
    dead = Worker(host="elsewhere", pid=1, seen_at=now() - timedelta(minutes=1))
    db.session.add(dead)
    db.session.flush()
    for delivery in db.session.scalars(select(Delivery)):
        delivery.claimed_by, delivery.handed_at = dead.id, now()
    db.session.commit()
    sweep_issues.call_local()
    assert mail_server.received == []
    Worker.bury()
    db.session.commit()
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    assert len(mail_server.received) == 3


def test_the_ceiling_on_the_rate_holds(issue, app, mail_server, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_RATE_PER_SECOND", 20.0)
    readers(11)
    begun = time.monotonic()
    assert send(issue).sent == 11
    assert time.monotonic() - begun >= 0.4


def test_freezing_writes_one_delivery_for_each_and_only_once(issue):
    readers(5)
    issue.schedule(now())
    issue.freeze()
    issue.freeze()
    db.session.commit()
    assert issue.recipients == 5
    assert len(deliveries()) == 5
    with pytest.raises(IntegrityError):
        db.session.execute(insert(Delivery).values(issue_id=issue.id, subscription_id=deliveries()[0].subscription_id,
                                                   due_at=now(), attempts=0, answer=""))  # fmt: skip
    db.session.rollback()
