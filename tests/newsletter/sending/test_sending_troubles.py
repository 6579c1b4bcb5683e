"""What goes wrong in the middle of a send: nobody is lost, and nobody is written to who should not be."""

import threading
from collections import Counter

import pytest
from aiosmtpd.smtp import AuthResult
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.extensions import db
from app.followups import daily
from app.newsletter.sending import claiming
from app.newsletter.tasks import sweep_issues
from app.outbox import smtp
from app.outbox.models import IN_DOUBT
from app.people.models import Person
from tests.conftest import use_mail_server
from tests.newsletter.sending.conftest import another_issue, as_it_is, deliveries, readers, send, subscription_of
from tests.processes import wait_until
from tests.smtp_server import MailServer


@pytest.fixture
def database_error(monkeypatch):
    """Makes the so-manieth look at who had a letter fail."""
    real = daily.marketed_since

    def fail_at(which):
        calls = []

        def look(*arguments):
            calls.append(arguments)
            if len(calls) == which:
                raise OperationalError("SELECT", {}, Exception("database is locked"))
            return real(*arguments)

        monkeypatch.setattr(daily, "marketed_since", look)

    return fail_at


def test_a_database_error_after_claiming_leaves_nobody_behind(issue, mail_server, database_error):
    readers(8)
    database_error(1)
    stopped = send(issue)
    assert (stopped.state, stopped.waiting) == ("sending", 8)
    assert "database is locked" in stopped.trouble
    sweep_issues.call_local()
    assert (as_it_is(issue).state, as_it_is(issue).trouble) == ("sent", "")
    assert len(mail_server.received) == 8


def test_a_database_error_while_letters_are_in_hand_sends_none_of_them_twice(issue, mail_server, database_error):
    readers(2 * claiming.FEWEST_CLAIMED)
    database_error(3)
    mail_server.seconds_per_mail = 0.05
    send(issue)
    sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    assert Counter(envelope.rcpt_tos[0] for envelope in mail_server.envelopes).most_common(1)[0][1] == 1


def test_an_issue_that_cannot_be_sent_keeps_no_other_from_going(issue, mail_server, database_error):
    readers(3)
    second = another_issue()
    second.schedule(now())
    database_error(1)
    assert send(issue).sent == 0
    assert as_it_is(second).sent == 3


def test_a_letter_that_the_server_takes_without_a_word_goes_twice_at_most(issue, mail_server, clock):
    readers(6)
    mail_server.hang_up_after_data = 100
    send(issue)
    for _ in range(4):
        clock.advance(hours=5)
        sweep_issues.call_local()
    done = as_it_is(issue)
    assert (done.state, done.failed) == ("sent", 6)
    assert {delivery.answer for delivery in deliveries()} == {IN_DOUBT}
    assert set(Counter(message["Message-ID"] for message in mail_server.received).values()) == {2}


def test_a_server_that_looks_through_each_message_first_is_waited_for(issue, mail_server, monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.2)
    mail_server.seconds_per_mail = 0.6
    readers(3)
    assert send(issue).sent == 3
    assert len(mail_server.received) == 3


def test_a_long_answer_is_kept_in_part(issue, mail_server):
    readers(1)
    mail_server.refuse_recipient = lambda address: f"452 4.2.2 {'full ' * 12_000}"
    send(issue)
    assert 400 < len(deliveries()[0].answer) <= 500


@pytest.mark.parametrize(("connections", "doomed"), [(1, 1), (4, 6)])
def test_recipients_at_whom_the_server_hangs_up_hold_up_nobody_else(
    issue, app, mail_server, monkeypatch, connections, doomed
):
    monkeypatch.setitem(app.config, "MAIL_CONNECTIONS", connections)
    readers(12)
    hung_up_at = {f"reader{number}@example.org" for number in range(doomed)}
    mail_server.refuse_recipient = lambda address: "421 4.7.0 bye" if address in hung_up_at else None
    assert send(issue).sent == 12 - doomed
    assert [delivery.state for delivery in deliveries()] == ["retrying"] * doomed + ["sent"] * (12 - doomed)
    assert {delivery.attempts for delivery in deliveries()} == {1}


def test_who_moved_or_sleeps_when_the_server_is_back_is_treated_so(issue, app, mail_server, clock):
    clock.time = clock.time.replace(hour=20, minute=0)
    readers(2)
    sleeper = subscription_of("reader0@example.org")
    sleeper.quiet_from_hour, sleeper.quiet_to_hour, sleeper.time_zone = 22, 6, "UTC"
    db.session.commit()
    port = mail_server.port
    mail_server.stop()
    servers = []

    def come_back_at_night():
        with app.app_context():
            wait_until(lambda: as_it_is(issue).trouble, what="word that the mail server is away")
            clock.time = clock.time.replace(hour=23)
            Person.with_email("reader1@example.org").email = "moved@example.org"
            db.session.commit()
        servers.append(MailServer(port=port).start())

    thread = threading.Thread(target=come_back_at_night)
    thread.start()
    send(issue)
    thread.join()
    assert [envelope.rcpt_tos for envelope in servers[0].envelopes] == [["moved@example.org"]]
    servers[0].stop()


def test_a_mailbox_that_stays_full_is_given_up_and_counts_as_a_soft_bounce(issue, mail_server, clock):
    readers(3)
    mail_server.refuse_recipient = lambda address: "452 4.2.2 full" if address.startswith("reader0@") else None
    send(issue)
    for _ in range(20):
        clock.advance(hours=6)
        sweep_issues.call_local()
    assert as_it_is(issue).state == "sent"
    given_up = deliveries()[0]
    assert (given_up.state, given_up.bounce_kind) == ("failed", "soft")


@pytest.mark.parametrize(
    ("answer", "state", "told"),
    [("535 5.7.8 wrong password", "paused", "log-in (535)"), ("454 4.7.0 ask again later", "sending", "")],
)
def test_a_refused_log_in_pauses_it_unless_only_for_now(
    issue, app, mail_server, monkeypatch, answer, state, told, stop_once_troubled
):
    readers(2)
    refusing = MailServer(
        auth_require_tls=False, authenticator=lambda *_: AuthResult(success=False, handled=False, message=answer)
    ).start()
    for name, value in (("MAIL_USERNAME", "doctor"), ("MAIL_PASSWORD", "secret")):
        monkeypatch.setitem(app.config, name, value)
    use_mail_server(app, "127.0.0.1", refusing.port)
    deliverer = stop_once_troubled(issue.id)
    stopped = send(issue)
    deliverer.stopping.clear()
    assert stopped.state == state
    assert told in stopped.pause_reason
    assert answer[:3] in stopped.trouble
    assert stopped.waiting == 2
    refusing.stop()
