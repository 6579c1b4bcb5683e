"""A real SMTP server on loopback that keeps what it is given, and misbehaves when told to."""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# It tells of every command otherwise.
logging.getLogger("mail.log").setLevel(logging.WARNING)

Refusal = str | Callable[[Envelope], str | None] | None


class MailServer:
    """Receives mail; `refuse_next` and `refuse` make it answer something else than 250."""

    def __init__(self, port: int = 0, seconds_per_mail: float = 0, **options: Any) -> None:
        """`options` are those of aiosmtpd's SMTP, such as `authenticator`."""
        self.received: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.refusals: list[str] = []
        self.refuse: Refusal = None
        self.refuse_recipient: Callable[[str], str | None] = lambda _: None
        self.pipelining = True
        self.hang_up_after_data = 0
        self.connections = 0
        self.guests = 0
        self.most_guests = 1000
        self.seconds_per_mail = seconds_per_mail
        self._lock = threading.Lock()
        self._controller = _Controller(self, hostname="127.0.0.1", port=port or free_port(), **options)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def start(self) -> "MailServer":
        self._controller.start()
        self.connections = 0  # The controller knocks once to see that the server answers.
        return self

    def stop(self) -> None:
        """Stop listening and hang up on everybody; a second time it does nothing."""
        if self._controller.loop.is_running():
            self._controller.stop()

    def to(self, address: str) -> list[EmailMessage]:
        return [
            message
            for message, envelope in zip(self.received, self.envelopes, strict=True)
            if address in envelope.rcpt_tos
        ]

    def refuse_next(self, *answers: str) -> None:
        """Answer the next messages with these lines, such as "451 4.7.1 try later"."""
        self.refusals += answers

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return ["250-PIPELINING", *responses] if self.pipelining else responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.refuse_recipient(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        with self._lock:
            if self.refusals:
                return self.refusals.pop(0)
            if answer := self.refuse(envelope) if callable(self.refuse) else self.refuse:
                return answer
            content = envelope.content
            assert isinstance(content, bytes)
            self.received.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
            self.envelopes.append(envelope)
            if self.hang_up_after_data:
                self.hang_up_after_data -= 1
                server.transport.abort()
        await asyncio.sleep(self.seconds_per_mail)
        return "250 OK"


class _Guest(SMTP):
    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.guests -= 1
        super().connection_lost(error)


class _TurnedAway(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.7.0 too many connections\r\n")
        transport.close()


class _Controller(Controller):
    def __init__(self, handler: MailServer, **options: Any) -> None:
        super().__init__(handler, **options)
        self._server_of = handler

    def factory(self) -> Any:
        server = self._server_of
        server.connections += 1
        if server.guests >= server.most_guests:
            return _TurnedAway()
        server.guests += 1
        return _Guest(server, **self.SMTP_kwargs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
