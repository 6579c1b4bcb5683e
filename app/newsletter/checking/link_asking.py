"""Whether a link of a letter leads anywhere: asked over HTTP, as little and as carefully as that can be done."""

import http.client
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

from app import asking
from app.asking import Dead, Hop, NotAsked, Patience
from app.outside import Outcome, Unanswered

PATIENCE_SECONDS = 6.0
MOST_REDIRECTS = 10
AT_ONCE = 8
WEB = ("http://", "https://")
# OpenSSL's X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE.
INCOMPLETE = frozenset({20, 21})


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
        hop = asking.look_at(url)
        status, location = _answer(hop, "HEAD", headers)
        if status >= 400 and status != 429:  # Some servers know no HEAD, or answer it as they please.
            status, location = _answer(hop, "GET", headers)
        if not location:
            return _judged(status)
        url = urljoin(url, location)
    # Publishers of journals do so to whoever keeps no cookies.
    raise NotAsked(f"it redirects more than {MOST_REDIRECTS} times, perhaps to programs only")


def _answer(hop: Hop, method: str, headers: dict[str, str]) -> tuple[int, str]:
    answer = asking.ask(hop, method, headers, Patience(PATIENCE_SECONDS, 2 * PATIENCE_SECONDS))
    return answer.status, answer.location


def _judged(status: int) -> Outcome:
    if status < 400:
        return Outcome("good", "")
    # With 503 large shops turn programs away, and it says by itself that it will pass (RFC 9110 §15.6.4).
    if status in (404, 410) or (500 <= status < 600 and status != 503):
        return Outcome("bad", f"the answer is {status}")
    return Outcome("unsure", f"the answer is {status}, perhaps to programs only")
