"""One conversation, with a server of so many bytes and so many seconds."""

import smtplib
import socket
import time

import pytest

from app.outbox.pipelining import Conversation, Envelope


@pytest.fixture
def line():
    """Our end of a connection that is greeted already, and the server's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
    host = smtplib.SMTP()
    host.sock, host.ehlo_resp, host.does_esmtp, host.esmtp_features = ours, b"hello", True, {"pipelining": ""}
    yield Conversation(host, patience_seconds=0.3, end_patience_seconds=60), theirs
    host.close()
    theirs.close()


def test_a_server_that_drips_bytes_is_not_listened_to_for_ever(line):
    conversation, theirs = line
    conversation.offer(Envelope(1, "hello@example.org", "ada@example.org"))
    began = time.monotonic()
    while not conversation.ended and time.monotonic() < began + 10:
        theirs.send(b"2")
        time.sleep(0.05)
        conversation.read()
        conversation.check_patience()
    assert "no answer within 0.3 s" in conversation.ended


def test_a_message_is_in_doubt_only_once_all_of_it_is_on_its_way(line):
    conversation, theirs = line
    conversation.offer(Envelope(1, "hello@example.org", "ada@example.org"))
    theirs.send(b"250 OK\r\n250 OK\r\n354 go on\r\n")
    conversation.read()
    conversation.hand_over(b"x" * 10_000_000 + b"\r\n.\r\n")
    assert (conversation.in_hand, conversation.is_in_doubt) == (1, False)
    theirs.settimeout(5)
    while conversation.wants_to_write:
        theirs.recv(1_000_000)
        conversation.write()
    assert conversation.is_in_doubt
    theirs.send(b"250 OK\r\n")
    assert [reply.stage for reply in conversation.read()] == ["accepted"]
    assert not conversation.is_in_doubt


def test_no_end_of_a_message_is_waited_for_longer_than_other_answers_once_it_is_told_to_hurry(line):
    conversation, theirs = line
    conversation.offer(Envelope(1, "hello@example.org", "ada@example.org"))
    theirs.send(b"250 OK\r\n250 OK\r\n354 go on\r\n")
    conversation.read()
    conversation.hand_over(b"Hello.\r\n.\r\n")
    time.sleep(0.4)
    conversation.check_patience()
    assert conversation.ended == ""
    conversation.hurry()
    conversation.check_patience()
    assert conversation.ended == ""
    time.sleep(0.4)
    conversation.check_patience()
    assert conversation.ended
