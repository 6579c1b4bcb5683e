"""One SMTP conversation that hands over message after message without waiting where it need not (RFC 2920).

Flask-Mail's settings and smtplib open the connection; from there on the socket does not block, so that one thread can
hold several such conversations. A message is handed over only after the server has said 354 to its envelope on this
very connection: one that has died is noticed before anything is trusted to it.
"""

import smtplib
import socket
import ssl
import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

MOST_READ = 65536
LONGEST_REPLY = 64 * 1024
MOST_KEPT_OF_IT = 500
WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


def text_of(said: bytes | bytearray) -> str:
    """What a server said, as a database can keep it: not too long, and PostgreSQL takes no NUL."""
    return said[:MOST_KEPT_OF_IT].decode("ascii", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


class Envelope(NamedTuple):
    """Whose message it is (`key`, of the caller's), its sender and its one recipient."""

    key: int
    sender: str
    recipient: str


class Reply(NamedTuple):
    """What the server says of a message.

    `stage` is "ready" (354: hand it over), "accepted" (the message is the server's now), "sender", "recipient" or
    "data" (refused at that command), "message" (refused after it was handed over).
    """

    key: int
    stage: str
    code: int
    words: str


class Over(Exception):
    """The conversation is over: the server said 421 or something that is no SMTP, hung up, or kept silent too long."""


class Conversation:
    """`ended` says, in words, why it is over; nothing more can be said then. Close it all the same."""

    def __init__(self, host: smtplib.SMTP, *, patience_seconds: float, end_patience_seconds: float) -> None:
        """Go on from `host`, which is connected, greeted and logged in; the socket is this object's from here on.

        It is over when an answer is not whole within `patience_seconds`, or, to a message sent to its end, within
        `end_patience_seconds`. Raises smtplib.SMTPException when the server does not even greet.
        """
        host.ehlo_or_helo_if_needed()
        if host.sock is None:
            raise smtplib.SMTPServerDisconnected("the server hung up")
        self._host = host
        self.sock = host.sock
        self.sock.setblocking(False)
        # Each write is whole, and the next one waits for what is answered: there is nothing to gather.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ended = ""
        self.accepted = 0
        self.in_hand: int | None = None  # Handed over, and not answered yet.
        self.ready: int | None = None  # Its envelope is taken: the server waits for the message.
        self._pipelines = host.has_extn("pipelining")
        self._patience, self._end_patience = patience_seconds, end_patience_seconds
        self._heard_at = time.monotonic()
        self._envelope: Envelope | None = None
        self._refusal: Reply | None = None
        self._needs_reset = False
        self._to_say: deque[tuple[str, bytes]] = deque()
        self._awaited: deque[str] = deque()
        self._unsent = bytearray()
        self._unsent_of_message = 0
        self._unread = bytearray()
        self._lines: list[str] = []

    @property
    def is_idle(self) -> bool:
        """Whether it can take an envelope with nothing of another message before it."""
        return self._envelope is None and self.in_hand is None

    @property
    def is_in_doubt(self) -> bool:
        """Whether the server has all of a message, and has not said what it does with it."""
        return self.in_hand is not None and self._unsent_of_message == 0

    @property
    def offered(self) -> int | None:
        """Whose envelope the server has heard of, or will, while its message is not handed over."""
        return self._envelope.key if self._envelope else None

    @property
    def wants_to_write(self) -> bool:
        return bool(self._unsent)

    def offer(self, envelope: Envelope) -> None:
        """Tell the server whose message comes next. The answer arrives as a Reply from `read`."""
        self._take(envelope)
        self._flush()

    def hand_over(self, message: bytes, following: Envelope | None = None) -> None:
        """Send the message that is `ready`, dot-stuffed and ended, and in the same write the envelope of the next."""
        self.in_hand, self.ready, self._envelope = self.ready, None, None
        self._unsent += message
        self._unsent_of_message = len(self._unsent)
        self._awaited.append("END")
        self._heard_at = time.monotonic()
        if following:
            self._take(following)
        self._flush()

    def read(self) -> list[Reply]:
        """What the server has said in full since the last time."""
        replies: list[Reply] = []
        try:
            closed = self._receive()
            while (end := self._unread.find(b"\n")) >= 0:
                line = text_of(self._unread[:end]).rstrip("\r")
                del self._unread[: end + 1]
                if reply := self._understand(line):
                    replies.append(reply)
            if closed:
                raise Over("the server hung up")
        except Over as over:
            self.ended = str(over)
        self._flush()
        return replies

    def write(self) -> None:
        """Go on sending what the socket would not take at once."""
        self._flush()

    def check_patience(self) -> None:
        """End it when the server has owed an answer for too long."""
        waits_for_end = self.is_in_doubt and self._awaited[0] == "END"
        patience = self._end_patience if waits_for_end else self._patience
        if self._awaited and time.monotonic() - self._heard_at > patience:
            self.ended = f"no answer within {patience:g} s"

    def hurry(self) -> None:
        """Wait for the answer to a message no longer than for others."""
        self._end_patience = min(self._end_patience, self._patience)
        self._heard_at = time.monotonic()

    def close(self, *, politely: bool = False) -> None:
        if politely and self.is_idle and not self._unsent:
            with suppress(OSError):
                self.sock.send(b"QUIT\r\n")
        self._host.close()  # It holds on to the socket, which would stay open otherwise.

    def _take(self, envelope: Envelope) -> None:
        self._envelope, self._refusal = envelope, None
        if self._needs_reset:
            self._to_say.append(("RSET", b"RSET\r\n"))
            self._needs_reset = False
        self._to_say.append(("MAIL", f"MAIL FROM:<{envelope.sender}>\r\n".encode("ascii")))
        self._to_say.append(("RCPT", f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii")))
        self._to_say.append(("DATA", b"DATA\r\n"))

    def _flush(self) -> None:
        """Say what may be said now, and send what the socket takes."""
        if self.ended:
            return
        while self._to_say and (self._pipelines or not self._awaited):
            command, line = self._to_say.popleft()
            if not self._awaited:
                self._heard_at = time.monotonic()
            self._unsent += line
            self._awaited.append(command)
        while self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except WOULD_BLOCK:
                return
            except OSError as problem:
                self.ended = f"{type(problem).__name__}: {problem}"
                return
            del self._unsent[:sent]
            self._unsent_of_message = max(0, self._unsent_of_message - sent)

    def _receive(self) -> bool:
        """Whether the server has hung up."""
        while True:
            try:
                heard = self.sock.recv(MOST_READ)
            except WOULD_BLOCK:
                return False
            except OSError:
                return True
            if not heard:
                return True
            self._unread += heard
            if len(self._unread) > LONGEST_REPLY:
                raise Over("an answer without end")
            if len(heard) < MOST_READ and not getattr(self.sock, "pending", int)():
                return False

    def _understand(self, line: str) -> Reply | None:
        if not (line[:3].isdigit() and line[3:4] in ("", " ", "-")):
            raise Over(f"not SMTP: {line[:80]}")
        self._lines.append(line[4:].strip())
        if line[3:4] == "-":
            if len(self._lines) > 100:
                raise Over("an answer without end")
            return None
        code, words = int(line[:3]), " ".join([line[:3], *self._lines])[:MOST_KEPT_OF_IT]
        self._lines.clear()
        self._heard_at = time.monotonic()
        if code == 421 or not self._awaited:  # The server is closing the connection (RFC 5321 §3.8).
            raise Over(words)
        return self._answered(self._awaited.popleft(), code, words)

    def _answered(self, command: str, code: int, words: str) -> Reply | None:
        if command == "END":
            key, self.in_hand = self.in_hand, None
            assert key is not None  # noqa: S101 - the end of a message is awaited only while one is in hand.
            taken = 200 <= code < 300
            self.accepted += taken
            return Reply(key, "accepted" if taken else "message", code, words)
        if command in ("RSET", "EMPTY"):
            return None
        envelope = self._envelope
        assert envelope is not None  # noqa: S101 - what is awaited belongs to it.
        stage = {"MAIL": "sender", "RCPT": "recipient", "DATA": "data"}[command]
        if command == "DATA" and self._refusal:
            if code == 354:  # Nobody to send it to, but the server waits for a message: an empty one (RFC 2920 §3.1).
                self._unsent += b".\r\n"
                self._awaited.appendleft("EMPTY")
            return self._refused(self._refusal)
        if command == "DATA" and code == 354:
            self.ready = envelope.key
            return Reply(envelope.key, "ready", code, words)
        if command != "DATA" and 200 <= code < 300:
            return None
        refusal = self._refusal or Reply(envelope.key, stage, code, words)
        if command == "DATA" or not self._pipelines:
            self._to_say.clear()
            return self._refused(refusal)
        self._refusal = refusal
        return None

    def _refused(self, refusal: Reply) -> Reply:
        self._envelope, self._refusal, self._needs_reset = None, None, True
        return refusal
