"""Delivery over SMTP: Flask-Mail's settings and messages, on connections that are kept open and never hang."""

import logging
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import charset, policy
from email.mime.base import MIMEBase
from email.utils import parseaddr
from typing import Any, NamedTuple

from flask import current_app
from flask_mail import Connection, Message

from app.outbox import return_address
from app.outbox.calendar_parts import add_calendar
from app.outbox.models import Email
from app.outbox.pipelining import LONGEST_REPLY, text_of

log = logging.getLogger(__name__)
# Flask-Mail would send bodies as they are. A line over 998 bytes is refused (RFC 5321 §4.5.3.1.6), and so may be a byte
# over 127; quoted-printable has neither.
charset.add_charset("utf-8", charset.SHORTEST, charset.QP, "utf-8")

PATIENCE_SECONDS = 20
# A server that has all of a message may look through it first (RFC 5321 §4.5.3.2.6).
END_PATIENCE_SECONDS = 600
END = b"\r\n.\r\n"
IDLE_SECONDS = 45


class Answer(NamedTuple):
    """What came of handing a message to the server: "sent", "later", "never", or "unanswered" when it has all of the
    message and did not say what it does with it; in the server's words.

    `server_is_well` is false when the fault lies with the server or the log-in rather than with this message;
    `at_recipient` is true for an answer to RCPT, which is about the address and not about the message.
    """

    outcome: str
    words: str
    server_is_well: bool = True
    at_recipient: bool = False


class _Lines:
    """What a server says, line by line. No answer may take longer, or be longer, than it was told to `expect`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._heard = bytearray()
        self._deadline = 0.0
        self._may_still_say = 0

    def expect(self, seconds: float) -> None:
        self._deadline, self._may_still_say = time.monotonic() + seconds, LONGEST_REPLY

    def readline(self, most: int) -> bytes:
        while (end := self._heard.find(b"\n") + 1) == 0 and len(self._heard) < most:
            if (seconds := self._deadline - time.monotonic()) <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(seconds)
            if not (heard := self._sock.recv(4096)):
                break
            self._heard += heard
        line = bytes(self._heard[: min(end or most, most)])
        del self._heard[: len(line)]
        self._may_still_say -= len(line)
        if self._may_still_say < 0:
            raise TimeoutError("an answer without end")
        return line

    def close(self) -> None:
        """Nothing to do: the socket is not this object's. smtplib asks for it."""


class _PatientHost(smtplib.SMTP):
    """Waits longer for the answer to a whole message than for any other, and for none for ever."""

    is_in_doubt = False

    def send(self, s: Any) -> None:
        super().send(s)
        self.is_in_doubt = isinstance(s, bytes) and s.endswith(END)

    def getreply(self) -> tuple[int, bytes]:
        assert self.sock  # noqa: S101 - smtplib asks for an answer only once it is connected.
        if self.file is None:
            self.file = _Lines(self.sock)
        self.file.expect(END_PATIENCE_SECONDS if self.is_in_doubt else PATIENCE_SECONDS)
        reply = super().getreply()
        self.sock.settimeout(PATIENCE_SECONDS)
        self.is_in_doubt = False
        return reply


class _PatientHostOverTLS(_PatientHost, smtplib.SMTP_SSL):
    pass


class KeptConnection(Connection):
    """Flask-Mail's connection with a time-out, a checked certificate, and a look whether it is still alive."""

    used_at = 0.0

    def configure_host(self) -> smtplib.SMTP:
        # Reading the certificates takes a while: only where they are looked at.
        context = ssl.create_default_context() if self.mail.use_ssl or self.mail.use_tls else None
        host: _PatientHost
        if self.mail.use_ssl:
            host = _PatientHostOverTLS(self.mail.server, self.mail.port, timeout=PATIENCE_SECONDS, context=context)
        else:
            host = _PatientHost(self.mail.server, self.mail.port, timeout=PATIENCE_SECONDS)
        try:
            if self.mail.use_tls:
                host.starttls(context=context)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    @property
    def is_alive(self) -> bool:
        if self.host is None or time.monotonic() - self.used_at > IDLE_SECONDS:
            return False
        try:
            return self.host.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    @property
    def is_in_doubt(self) -> bool:
        """Whether the server has all of a message, and has not said what it does with it."""
        return isinstance(self.host, _PatientHost) and self.host.is_in_doubt

    def say_goodbye(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            if self.host is not None:
                self.host.quit()
        self.drop()

    def drop(self) -> None:
        if self.host is not None:
            self.host.close()
            self.host = None


class ConnectionPool:
    """Up to `size` connections of this process, lent to one delivering thread each."""

    def __init__(self, size: int) -> None:
        self._slots = threading.BoundedSemaphore(size)
        self._idle: list[KeptConnection] = []

    @contextmanager
    def lent(self, wait_seconds: float) -> Iterator[KeptConnection | None]:
        """A connection, perhaps not open yet; None when all are busy for `wait_seconds`."""
        if not self._slots.acquire(timeout=wait_seconds):
            yield None
            return
        connection = self._take()
        try:
            yield connection
        finally:
            self._idle.append(connection)
            self._slots.release()

    def _take(self) -> KeptConnection:
        with suppress(IndexError):  # Looking first would let two threads see the same last one.
            return self._idle.pop()
        return KeptConnection(current_app.extensions["mail"])

    def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            self._idle.pop().say_goodbye()


class WholeHeaders(Message):
    """Flask-Mail's message, with its calendar file, and headers on one line each, as long as RFC 5322 §2.1.1 allows.

    Python folds at 78 characters, and what it cannot fold, such as the address in List-Unsubscribe, it turns into
    encoded words, which no mail program reads as an address.
    """

    calendar = ""
    calendar_method = ""

    def _message(self) -> MIMEBase:
        message: MIMEBase = super()._message()
        if self.calendar:
            add_calendar(message, self.calendar, self.calendar_method)
        message.policy = policy.SMTP.clone(max_line_length=998)
        return message


def message_for(email: Email) -> Message:
    """The message as Flask-Mail builds it: same Message-ID and Date at every attempt."""
    message = WholeHeaders(
        subject=email.subject,
        recipients=[(email.to_name, email.to_address) if email.to_name else email.to_address],
        body=email.body,
        html=email.html,
        date=email.created_at.timestamp(),
        extra_headers=email.headers,
    )
    message.msgId = email.message_id
    message.calendar, message.calendar_method = email.calendar, email.calendar_method
    if email.from_name:  # Not in one string: the name may hold a comma.
        message.sender = email.from_name, parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1]
    return message


def deliver(email: Email, connection: KeptConnection) -> Answer:
    """Hand one message to the mail server. Never raises for anything the server or the network does."""
    try:
        if not connection.is_alive:
            connection.drop()
            connection.host = connection.configure_host()
    except Exception as problem:  # Not only what SMTP and sockets raise: a password may not even be ASCII.
        return Answer("later", _words(problem), server_is_well=False)
    try:
        connection.send(message_for(email), envelope_from=return_address.of_mail(email))
    except smtplib.SMTPResponseException as refusal:
        return _refused(refusal.smtp_code, _words(refusal), connection)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        refused = _refused(code, f"{code} {text_of(words)}", connection)
        return refused._replace(at_recipient=True)
    except (smtplib.SMTPException, OSError) as problem:
        outcome = "unanswered" if connection.is_in_doubt else "later"
        connection.drop()
        return Answer(outcome, _words(problem), server_is_well=False)
    except Exception as problem:  # A message that cannot be built must hold up no other.
        log.exception("mail %s could not be built", email.id)
        return Answer("later", _words(problem))
    connection.used_at = time.monotonic()
    return Answer("sent", "accepted")


def _refused(code: int, words: str, connection: KeptConnection) -> Answer:
    if 500 <= code < 600:
        connection.used_at = time.monotonic()
        return Answer("never", words)
    if code == 421:  # The server is closing this connection (RFC 5321 §3.8).
        connection.drop()
    return Answer("later", words, server_is_well=code != 421)


def _words(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        said = problem.smtp_error
        return f"{problem.smtp_code} {text_of(said) if isinstance(said, bytes) else said}"
    return f"{type(problem).__name__}: {problem}"
