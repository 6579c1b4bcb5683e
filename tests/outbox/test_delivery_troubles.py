"""A mail server that is down, silent or gone, a worker that died: nothing is lost."""

import socket
import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import event

from app.extensions import db
from app.outbox import smtp
from app.outbox.delivery import Deliverer
from app.outbox.models import IN_DOUBT, Email
from app.outbox.tasks import sweep_outbox
from tests.conftest import use_mail_server
from tests.outbox.conftest import email_now
from tests.smtp_server import MailServer, free_port


def test_a_connection_lost_before_the_answer_repeats_under_the_same_id(note, mail_server, work, clock):
    mail_server.hang_up_after_data = 1
    email = note()
    work()
    assert email_now(email).state == "retrying"
    clock.time = email_now(email).due_at
    sweep_outbox.call_local()
    assert [message["Message-ID"] for message in mail_server.received] == [email.message_id] * 2
    assert email_now(email).state == "sent"


def test_a_mail_that_the_server_takes_without_a_word_goes_twice_at_most(note, mail_server, work, clock):
    mail_server.hang_up_after_data = 100
    email = note()
    work()
    for _ in range(4):
        clock.advance(hours=5)
        sweep_outbox.call_local()
    assert [message["Message-ID"] for message in mail_server.received] == [email.message_id] * 2
    assert (email_now(email).state, email_now(email).last_answer) == ("failed", IN_DOUBT)


def test_a_server_that_looks_through_a_message_first_is_waited_for(note, mail_server, work, monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.2)
    mail_server.seconds_per_mail = 0.6
    email = note()
    work()
    assert email_now(email).state == "sent"


def test_a_server_that_is_down_loses_nothing(app, note, work, clock):
    port = free_port()
    use_mail_server(app, "127.0.0.1", port)
    try:
        emails = [note(f"reader{number}@example.org") for number in range(5)]
        work()
        assert all(email_now(email).sent_at is None for email in emails)
        server = MailServer(port).start()
        try:
            for _ in range(5):
                clock.advance(minutes=5)
                sweep_outbox.call_local()
            assert len(server.received) == 5
        finally:
            server.stop()
    finally:
        use_mail_server(app, None, 25)


def test_a_dead_kept_connection_is_noticed(app, note, work, clock):
    port = free_port()
    first = MailServer(port).start()
    use_mail_server(app, "127.0.0.1", port)
    try:
        note()
        work()
        first.stop()
        second = MailServer(port).start()
        try:
            note("grace@example.org")
            work()
            assert len(second.received) == 1
        finally:
            second.stop()
    finally:
        use_mail_server(app, None, 25)


def test_what_a_dead_worker_held_is_sent_by_another(note, mail_server, clock):
    email = note()
    dead = Deliverer(connections=1)
    dead.beat()
    assert Email.claim_next(dead.worker_id).id == email.id
    db.session.commit()
    sweep_outbox.call_local()
    assert mail_server.received == []  # It may still be in hand.
    clock.advance(minutes=1)
    Deliverer.of_this_process().beat()
    sweep_outbox.call_local()
    assert len(mail_server.received) == 1


@pytest.mark.parametrize("at", ["commit", "before_cursor_execute"])
def test_a_mail_whose_outcome_could_not_be_written_down_goes_out_again_under_the_same_id(note, mail_server, clock, at):
    email, engine = note(), db.engine

    def lose_the_database(*_):
        raise ConnectionResetError("the database went away")

    mail_server.refuse = lambda _: event.listen(engine, at, lose_the_database)
    with pytest.raises(ConnectionResetError):
        Deliverer.of_this_process().deliver_due()
    event.remove(engine, at, lose_the_database)
    db.session.rollback()
    mail_server.refuse = None
    assert email_now(email).state == "sending"
    sweep_outbox.call_local()
    assert {message["Message-ID"] for message in mail_server.received} == {email.message_id}
    assert email_now(email).state == "sent"


def test_a_server_that_never_answers_is_given_up_and_the_mail_kept(app, note, work, monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use_mail_server(app, "127.0.0.1", silent.getsockname()[1])
        email = note()
        work()
    use_mail_server(app, None, 25)
    assert email_now(email).state == "retrying"
    assert "timed out" in email_now(email).last_answer


@pytest.mark.parametrize(
    ("says", "pause", "words"), [(b"220-hello\r\n" * 400, 0, "an answer without end"), (b"2", 0.05, "timed out")]
)
def test_a_server_that_greets_without_end_is_given_up_and_the_mail_kept(
    app, note, work, monkeypatch, says, pause, words
):
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.5)

    def talk(server):
        guest, _ = server.accept()
        with guest, suppress(OSError):
            for _ in range(10_000):
                guest.sendall(says)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as server:
        talker = threading.Thread(target=talk, args=[server])
        talker.start()
        use_mail_server(app, "127.0.0.1", server.getsockname()[1])
        email = note()
        work()
    talker.join()
    use_mail_server(app, None, 25)
    assert email_now(email).state == "retrying"
    assert words in email_now(email).last_answer


def test_a_password_that_cannot_be_sent_keeps_the_mail(app, note, work, mail_server, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_USERNAME", "doctor")
    monkeypatch.setitem(app.config, "MAIL_PASSWORD", "geheim\udc80")
    use_mail_server(app, "127.0.0.1", mail_server.port)
    email = note()
    work()
    assert email_now(email).state == "retrying"
