"""Mail on its way out: once, in the server's words, and by one worker."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.extensions import db, queue
from app.outbox.delivery import Deliverer
from app.outbox.models import TOO_LATE, Worker
from app.outbox.smtp import ConnectionPool
from app.outbox.tasks import sweep_outbox
from tests.outbox.conftest import email_now


def test_what_was_written_arrives(note, mail_server, work):
    email = note(name="Adä")
    work()
    [message] = mail_server.received
    assert message["Subject"] == "A note for Adä"
    assert message["To"] == "ada@example.org"
    assert message["From"] == "The Developing Doctor <hello@doctor.example.org>"
    assert message["Message-ID"] == email.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",)).get_content()
    assert "\n.\n" in text.replace("\r\n", "\n")
    assert "ünïcödé" in text
    assert "<p" in message.get_body(("html",)).get_content()
    assert email_now(email).state == "sent"


def test_a_very_long_line_arrives_whole_within_what_servers_take(note, mail_server, work):
    long_name = "Adä " * 700
    note(name=long_name)
    work()
    [envelope] = mail_server.envelopes
    assert max(len(line) for line in envelope.content.split(b"\r\n")) <= 998
    assert envelope.content.isascii()
    assert long_name.strip() in mail_server.received[0].get_body(("html",)).get_content()


def test_running_twice_sends_once(note, mail_server, work):
    note()
    work()
    sweep_outbox.call_local()
    assert len(mail_server.received) == 1


def test_many_mails_share_a_connection(note, mail_server, work):
    for number in range(20):
        note(f"reader{number}@example.org")
    work()
    assert len(mail_server.received) == 20
    assert mail_server.connections == 1


def test_a_temporary_refusal_is_tried_again_with_growing_delay(note, mail_server, work, clock):
    mail_server.refuse_next("451 4.7.1 greylisted", "451 4.7.1 greylisted")
    email = note()
    work()
    first = email_now(email)
    assert (first.state, first.last_answer) == ("retrying", "451 4.7.1 greylisted")
    first_wait = first.due_at - clock.time
    sweep_outbox.call_local()
    assert mail_server.received == []  # Not before it is due.
    clock.time = first.due_at
    sweep_outbox.call_local()
    second = email_now(email)
    assert second.due_at - clock.time > first_wait
    clock.time = second.due_at
    sweep_outbox.call_local()
    assert [message["Message-ID"] for message in mail_server.received] == [email.message_id]


def test_after_two_days_a_mail_is_given_up_with_the_last_words(note, mail_server, work, clock):
    mail_server.refuse = "452 4.2.2 mailbox full"
    email = note()
    clock.advance(days=5)  # It waited for a mail server to be set; its two days begin with the first try.
    first_try = clock.time
    tries = 0
    while email_now(email).state != "failed":
        clock.time = max(clock.time, email_now(email).due_at)
        sweep_outbox.call_local()
        tries += 1
        assert tries < 60
    assert tries > 8
    assert timedelta(hours=48) <= clock.time - first_try < timedelta(hours=54)
    assert email_now(email).last_answer == "452 4.2.2 mailbox full"


def test_a_mail_that_expires_is_sent_before_and_never_after(note, mail_server, work, clock):
    in_time, too_late = (note(expires_at=clock.time + timedelta(hours=hours)) for hours in (2, 1))
    clock.advance(hours=1)
    work()
    sweep_outbox.call_local()
    assert [message["Message-ID"] for message in mail_server.received] == [in_time.message_id]
    gone = email_now(too_late)
    assert (gone.state, gone.last_answer, gone.may_be_sent_again) == ("withdrawn", TOO_LATE, False)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [("554 5.7.1 we do not want this",) * 2, ("554 5.7.1 not\0wanted", "554 5.7.1 not\N{REPLACEMENT CHARACTER}wanted")],
)
def test_a_permanent_refusal_is_final_and_in_the_servers_words(note, mail_server, work, clock, answer, kept):
    mail_server.refuse_next(answer)
    email = note()
    work()
    assert (email_now(email).state, email_now(email).last_answer) == ("failed", kept)
    clock.advance(days=1)
    sweep_outbox.call_local()
    assert mail_server.received == []


def test_one_refused_mail_holds_up_no_other(note, mail_server, work):
    mail_server.refuse = lambda envelope: "550 5.1.1 no such user" if "gone@" in envelope.rcpt_tos[0] else None
    note("gone@example.org")
    note("here@example.org")
    work()
    assert [message["To"] for message in mail_server.received] == ["here@example.org"]


def test_a_mail_that_cannot_be_built_holds_up_no_other(note, mail_server, work):
    broken = note()
    broken.to_address = f"ada@{'ü' * 70}.example.org"  # No domain has a label that long.
    db.session.commit()
    note("here@example.org")
    work()
    assert [message["To"] for message in mail_server.received] == ["here@example.org"]
    assert email_now(broken).state == "retrying"
    assert "too long" in email_now(broken).last_answer


def test_threads_that_want_the_last_idle_connection_both_get_one(app):
    pool = ConnectionPool(8)
    with pool.lent(1):
        pass

    def borrow(_):
        with app.app_context(), pool.lent(5) as connection:
            return connection is not None

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(borrow, range(400)))


def test_two_workers_send_each_mail_once(app, note, mail_server):
    for number in range(40):
        note(f"reader{number}@example.org")

    def deliver():
        with app.app_context():
            deliverer = Deliverer(connections=1)
            deliverer.beat()
            deliverer.deliver_due()
            deliverer.pool.close()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(message["To"] for message in mail_server.received) == sorted(
        f"reader{number}@example.org" for number in range(40)
    )


def test_without_a_mail_server_mail_waits_and_is_announced_once(note, work, caplog):
    caplog.set_level("INFO")
    email = note()
    work()
    sweep_outbox.call_local()
    assert email_now(email).state == "waiting"
    assert sum("stays in the outbox" in record.message for record in caplog.records) == 1


def test_a_failed_mail_can_be_sent_again(note, mail_server, work):
    mail_server.refuse_next("550 5.1.1 no such user")
    email = note()
    work()
    email_now(email).send_again()
    db.session.commit()
    sweep_outbox.call_local()
    assert [message["Message-ID"] for message in mail_server.received] == [email.message_id]


def test_a_queued_task_forged_without_the_secret_is_refused(app):
    from huey.serializer import Serializer

    forged = Serializer().serialize(("anything",))
    with pytest.raises(ValueError, match=r"(eparator|ismatch)"):
        queue.deserialize_task(forged)


def test_a_worker_that_retires_is_forgotten(app):
    deliverer = Deliverer.of_this_process()
    assert [worker.id for worker in Worker.alive()] == [deliverer.worker_id]
    deliverer.retire()
    assert Worker.alive() == []
