"""Whether a link of a letter leads anywhere: asked over HTTP, as little and as carefully as that can be done.

A pasted link may point into the network this machine stands in (server-side request forgery). So only public addresses
are asked, on the web's two ports, at every redirect anew, and the connection goes to the very address that was looked
at, whatever the name says a moment later.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from app import outside
from app.outside import Outcome, Unanswered

PATIENCE_SECONDS = 6.0
MOST_REDIRECTS = 10
AT_ONCE = 8
PORTS = frozenset({80, 443})
# Empty but in tests, whose servers listen on this machine.
INSIDE_ALLOWED: tuple[ipaddress.IPv4Network, ...] = ()
WEB = ("http://", "https://")
# They hold an address of IPv4, private or not, that a network may lead on to (RFC 6052 §2.1, RFC 3056 §2).
TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("2002::/16"))
# All that is given out of IPv6 so far; what lies elsewhere is of no public network (IANA's registry of its space).
GIVEN_OUT = ipaddress.ip_network("2000::/3")
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# OpenSSL's X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE.
INCOMPLETE = frozenset({20, 21})


class Hop(NamedTuple):
    """One address to ask: taken apart, looked up, and found to be public."""

    secure: bool
    host: str
    port: int
    address: str
    target: str


class NotAsked(Exception):
    """The link leads where this site does not go. The message says why."""


class Dead(Exception):
    """The link leads nowhere for certain. The message says why."""


def ask_all(urls: Iterable[str], caller: str) -> dict[str, Outcome]:
    """What came of asking each, a few at once. `caller` is this site's address, for the log of whoever is asked."""
    urls = list(urls)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(urls, pool.map(lambda url: ask(url, caller), urls), strict=True))


def ask(url: str, caller: str = "") -> Outcome:
    """Never raises for anything that a server or the network does."""
    try:
        return _followed(url, {"User-Agent": f"Mozilla/5.0 (compatible; link check; +{caller})", "Accept": "*/*"})
    except (NotAsked, Unanswered) as why:
        return Outcome("unsure", str(why))
    except Dead as why:
        return Outcome("bad", str(why))
    except ConnectionRefusedError:
        return Outcome("bad", "nobody answers there")
    except ssl.SSLCertVerificationError as problem:
        # Browsers fetch a certificate that its server forgot to send along.
        if problem.verify_code in INCOMPLETE:
            return Outcome("unsure", "its server leaves out part of its certificate, which some browsers forgive")
        return Outcome("bad", f"browsers warn of it: {problem.verify_message}")
    except (http.client.InvalidURL, UnicodeError, ValueError):
        return Outcome("bad", "that is no address")
    except TimeoutError:
        return Outcome("unsure", "no answer in time")
    except (OSError, http.client.HTTPException) as problem:
        return Outcome("unsure", f"the connection broke ({type(problem).__name__})")


def _followed(url: str, headers: dict[str, str]) -> Outcome:
    for _ in range(MOST_REDIRECTS + 1):
        hop = _hop(url)
        status, location = _answer(hop, "HEAD", headers)
        if status >= 400 and status != 429:  # Some servers know no HEAD, or answer it as they please.
            status, location = _answer(hop, "GET", headers)
        if status not in REDIRECTS or not location:
            return _judged(status)
        url = urljoin(url, location)
    # Publishers of journals do so to whoever keeps no cookies.
    raise NotAsked(f"it redirects more than {MOST_REDIRECTS} times, perhaps to programs only")


def _judged(status: int) -> Outcome:
    if status < 400:
        return Outcome("good", "")
    # With 503 large shops turn programs away, and it says by itself that it will pass (RFC 9110 §15.6.4).
    if status in (404, 410) or (500 <= status < 600 and status != 503):
        return Outcome("bad", f"the answer is {status}")
    return Outcome("unsure", f"the answer is {status}, perhaps to programs only")


def _hop(url: str) -> Hop:
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
    addresses = [host] if _is_literal(host) else outside.records(host, "A") or outside.records(host, "AAAA")
    if not addresses:
        raise Dead("there is no such site")
    if not all(_is_public(address) for address in addresses):
        raise NotAsked("it leads into a private network")
    return addresses[0]


def _is_literal(host: str) -> bool:
    with suppress(ValueError):
        return bool(ipaddress.ip_address(host))
    return False


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if any(address in network for network in INSIDE_ALLOWED):
        return True
    if address.version == 6 and address not in GIVEN_OUT:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in TRANSLATED)


class _Connection(http.client.HTTPConnection):
    """To the address of a hop, with the hop's name in the Host header and in the certificate."""

    def __init__(self, hop: Hop) -> None:
        super().__init__(hop.host, hop.port, timeout=PATIENCE_SECONDS)
        self.default_port = 443 if hop.secure else 80
        self._hop = hop
        self.is_late = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._hop.address, self._hop.port), self.timeout)
        if self._hop.secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._hop.host)

    def hang_up(self) -> None:
        self.is_late = True
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _answer(hop: Hop, method: str, headers: dict[str, str]) -> tuple[int, str]:
    """The status and Location of the answer. Its body is not read."""
    connection = _Connection(hop)
    # A server that sends a byte now and then would hold out against the time-out of each read.
    alarm = threading.Timer(2 * PATIENCE_SECONDS, connection.hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        connection.request(method, hop.target, headers=headers)
        answer = connection.getresponse()
        if connection.is_late:
            raise TimeoutError
        # A header is read as Latin-1; an address in it is UTF-8.
        location = (answer.getheader("Location") or "").encode("latin-1").decode(errors="replace")
        return answer.status, location
    finally:
        alarm.cancel()
        connection.close()
