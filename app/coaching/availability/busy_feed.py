"""The calendar that a coach is busy in: fetched from its address, and read.

Whoever may send the coach an invitation writes into it, so it is read by a program of its own that can be ended.
"""

import http.client
import json
import logging
import ssl
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

from app import asking
from app.asking import Answer, Dead, NotAsked, Patience, TooLong
from app.coaching.availability.slots import Interval
from app.outside import Unanswered

log = logging.getLogger(__name__)
EACH_SECONDS, WHOLE_SECONDS = 10.0, 20.0
MOST_REDIRECTS = 3
MOST_BYTES = 5_000_000
READING_SECONDS = 30.0
READER = "import sys; sys.path.append(sys.argv[1]); from feed_reading import program; program.main()"
LONGEST_ADDRESS = 2000
INSIDE = (".localhost", ".local", ".internal")


class BadFeed(Exception):
    """The message says to the owner, in a sentence or two, what is wrong with it and what to do."""


def feed_address(text: str) -> str:
    """The address of a feed as it will be asked, from what somebody pasted. Raises BadFeed for what can be told at
    once, without asking anybody.
    """
    url = urldefrag(text.strip()).url
    if url.lower().startswith(("webcal://", "webcals://")):  # So Apple writes it; the calendar is there by https too.
        url = f"https{url[url.index('://') :]}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadFeed("That is no address. Copy it once more from your calendar's settings.") from None
    if parts.scheme == "http":
        raise BadFeed("Give an address that begins with https://. With http:// anybody on the way could read along.")
    if parts.scheme != "https" or not host or any(letter.isspace() for letter in url):
        raise BadFeed("That is no address of a calendar: it begins with https:// and usually ends with .ics.")
    if parts.username or parts.password:
        raise BadFeed("Leave out the user name and password: give the calendar's secret or published address instead.")
    if port not in (None, 443):
        raise BadFeed(f"Leave out the port: calendars are fetched from the usual one only, and not from {port}.")
    if _is_inside(host):
        raise BadFeed("That address leads into a private network. Give one that works from anywhere.")
    if len(url) > LONGEST_ADDRESS:
        raise BadFeed(f"That address is too long: at most {LONGEST_ADDRESS} characters.")
    return url


def _is_inside(host: str) -> bool:
    if asking.is_literal(host):
        return not asking.is_public(host)
    # The last part of a name is no number; where it is, the whole is an old spelling of an address, such as 127.1.
    return f".{host}".endswith(INSIDE) or "." not in host or host.rpartition(".")[2].isdigit()


def fetch(url: str, caller: str) -> bytes:
    """What the feed at `url` sends. `caller` is this site's address, for the log of who is asked. Raises BadFeed."""
    try:
        answer = _followed(url, {"User-Agent": f"Mozilla/5.0 (compatible; busy times; +{caller})", "Accept": "*/*"})
    except (NotAsked, Dead, Unanswered) as why:
        raise _bad(str(why)) from None
    except TooLong:
        raise _bad(f"it is larger than {MOST_BYTES // 1_000_000} MB: share one with fewer events of the past") from None
    except ssl.SSLCertVerificationError as problem:
        raise _bad(f"the certificate of its server is not valid ({problem.verify_message})") from None
    except (http.client.InvalidURL, UnicodeError, ValueError):
        raise _bad("its address is none, or it redirects to what is none") from None
    except TimeoutError:
        raise _bad("there was no answer in time") from None
    except ConnectionRefusedError:
        raise _bad("nobody answers there") from None
    except (OSError, http.client.HTTPException) as problem:
        raise _bad(f"the connection broke ({type(problem).__name__})") from None
    if answer.status != 200:
        raise _bad(_refusal(answer.status))
    return answer.body


def _bad(why: str) -> BadFeed:
    return BadFeed(f"The calendar could not be read: {why}.")


def _refusal(status: int) -> str:
    if status in (404, 410):
        return f"its server says that nothing is there ({status}): copy the address anew from your calendar's settings"
    if status in (401, 403):
        return f"its server asks for a log-in ({status}): give the calendar's secret or published address"
    return f"its server answers {status}, which may pass by itself"


def _followed(url: str, headers: dict[str, str]) -> Answer:
    ends_at = time.monotonic() + WHOLE_SECONDS
    for _ in range(MOST_REDIRECTS + 1):
        hop = asking.look_at(url)
        if not hop.secure:
            raise NotAsked("it leads to an address without https")
        if (left := ends_at - time.monotonic()) <= 0:
            raise TimeoutError
        answer = asking.ask(hop, "GET", headers, Patience(min(EACH_SECONDS, left), left), most_bytes=MOST_BYTES)
        if not answer.location:
            return answer
        url = urljoin(url, answer.location)
    raise NotAsked(f"it redirects more than {MOST_REDIRECTS} times")


def read(data: bytes, zone: str, between: Interval, ours: Iterable[str], address: str = "") -> list[Interval]:
    """When the calendar says busy, merged, leaving out events whose UID is one of `ours`, and invitations to `address`
    that are declined. Raises BadFeed.
    """
    first, last = (moment.isoformat() for moment in between)
    said = json.dumps({"zone": zone, "first": first, "last": last, "ours": sorted(ours), "address": address})
    try:
        done = subprocess.run(  # noqa: S603 - a program of ours, which sees no setting of the site.
            [sys.executable, "-I", "-c", READER, Path(__file__).parent],
            input=said.encode() + b"\n" + data,
            capture_output=True,
            timeout=READING_SECONDS,
            env={},
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise _bad("it takes too long: an event in it may repeat without end in an odd way") from None
    except subprocess.CalledProcessError as problem:
        log.warning("the reader of busy times failed: %s", problem.stderr[-500:].decode(errors="replace"))
        raise _bad("it holds too much, or what nobody expected") from None
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise _bad(answer["problem"])
    return [Interval(*map(datetime.fromisoformat, times)) for times in answer["busy"]]
