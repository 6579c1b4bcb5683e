"""How other servers of the web are asked: over HTTP, one answer at a time, and with care.

An address that somebody pasted may point into the network this machine stands in (server-side request forgery). So only
public addresses are asked, on the web's two ports, and the connection goes to the very address that was looked at,
whatever the name says a moment later. Redirects are given back and not followed: whoever follows one looks at it anew.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from app import outside

PORTS = frozenset({80, 443})
# Empty but in tests, whose servers listen on this machine.
INSIDE_ALLOWED: tuple[ipaddress.IPv4Network, ...] = ()
# They hold an address of IPv4, private or not, that a network may lead on to (RFC 6052 §2.1, RFC 3056 §2).
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
# All that is given out of IPv6 so far; what lies elsewhere is of no public network (IANA's registry of its space).
GIVEN_OUT = ipaddress.ip_network("2000::/3")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
READ_AT_ONCE = 64 * 1024


class Hop(NamedTuple):
    """One address to ask: taken apart, looked up, and found to be public."""

    secure: bool
    host: str
    port: int
    address: str
    target: str


class Answer(NamedTuple):
    """What a server said. `location` is where a redirect leads, and otherwise empty."""

    status: int
    location: str
    body: bytes


class Patience(NamedTuple):
    """How long is waited: for each sign of life, and for the whole answer of a server that gives them for ever."""

    each_seconds: float
    whole_seconds: float


class NotAsked(Exception):
    """The address leads where this site does not go. The message says why."""


class Dead(Exception):
    """The address leads nowhere for certain. The message says why."""


class TooLong(Exception):
    """There is more in the answer than was to be read."""


def look_at(url: str) -> Hop:
    """Raises NotAsked, Dead, Unanswered, and ValueError for what is no address at all."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Dead("it leads to what is no page of the web")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    if port not in PORTS:
        raise NotAsked(f"port {port} is not one of the web's")
    host = parts.hostname.encode("idna").decode("ascii") if not parts.hostname.isascii() else parts.hostname
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{_query(parts.query)}" if parts.query else "")
    return Hop(secure, host, port, _public_address(host), target)


def _query(text: str) -> str:
    return quote(text, safe="/%:@!$&'()*+,;=~?[]|")


def _public_address(host: str) -> str:
    addresses = [host] if is_literal(host) else outside.records(host, "A") or outside.records(host, "AAAA")
    if not addresses:
        raise Dead("there is no such site")
    if not all(is_public(address) for address in addresses):
        raise NotAsked("it leads into a private network")
    return addresses[0]


def is_literal(host: str) -> bool:
    """Whether a host is told by its address and not by a name."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def is_public(literal: str) -> bool:
    address = ipaddress.ip_address(literal)
    if any(address in network for network in INSIDE_ALLOWED):
        return True
    if address.version == 6 and address not in GIVEN_OUT:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in TRANSLATED)


class _Connection(http.client.HTTPConnection):
    """To the address of a hop, with the hop's name in the Host header and in the certificate."""

    def __init__(self, hop: Hop, timeout: float) -> None:
        super().__init__(hop.host, hop.port, timeout=timeout)
        self.default_port = 443 if hop.secure else 80
        self._hop = hop
        # Kept apart, because the base class lets go of its socket while the last answer is still read from it.
        self._line: socket.socket | None = None
        self.is_late = False

    def connect(self) -> None:
        self.sock = self._line = socket.create_connection((self._hop.address, self._hop.port), self.timeout)
        if self._hop.secure:
            # The handshake comes after, so that it can be hung up on as well.
            tls = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self._hop.host, do_handshake_on_connect=False
            )
            self.sock = self._line = tls
            tls.do_handshake()

    def hang_up(self) -> None:
        self.is_late = True
        if self._line:
            with suppress(OSError):
                # TLS would first say good-bye, and forget what another thread is still reading with.
                socket.socket.shutdown(self._line, socket.SHUT_RDWR)


def ask(hop: Hop, method: str, headers: dict[str, str], patience: Patience, *, most_bytes: int = 0) -> Answer:
    """What the server answers, with its body where `most_bytes` is given.

    Raises TooLong, TimeoutError, OSError (ssl.SSLCertVerificationError is one), and http.client.HTTPException.
    """
    connection = _Connection(hop, patience.each_seconds)
    # A server that sends a byte now and then would hold out against the time-out of each read.
    alarm = threading.Timer(patience.whole_seconds, connection.hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        return _answer(connection, method, hop.target, headers, most_bytes)
    except (OSError, http.client.HTTPException):
        if connection.is_late:
            raise TimeoutError from None
        raise
    finally:
        alarm.cancel()
        connection.close()


def _answer(connection: _Connection, method: str, target: str, headers: dict[str, str], most_bytes: int) -> Answer:
    connection.request(method, target, headers=headers)
    with connection.getresponse() as answer:
        location = ""
        if answer.status in REDIRECTS:
            # A header is read as Latin-1; an address in it is UTF-8.
            location = (answer.getheader("Location") or "").encode("latin-1").decode(errors="replace")
        body = _body(answer, most_bytes) if most_bytes and not location else b""
    if connection.is_late:  # To a reader, a line that was cut looks like an answer's end.
        raise TimeoutError
    return Answer(answer.status, location, body)


def _body(answer: http.client.HTTPResponse, most_bytes: int) -> bytes:
    body = bytearray()
    while piece := answer.read(READ_AT_ONCE):
        body += piece
        if len(body) > most_bytes:
            raise TooLong
    if answer.length:  # Read piece by piece, nobody else complains of what never came.
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body)
