"""What the world outside is asked: the domain name system, with short patience, and what came of asking."""

from functools import cache
from typing import NamedTuple

import dns.exception
import dns.resolver

PATIENCE_SECONDS = 5


class Outcome(NamedTuple):
    """`verdict` is "good", "bad" (for certain) or "unsure" (nobody could say); `words` tell the owner why."""

    verdict: str
    words: str


class Unanswered(Exception):
    """No name server gave an answer, so nothing is known. The message says what happened."""


@cache
def resolver() -> dns.resolver.Resolver:
    """Asks the name servers of this machine."""
    return dns.resolver.Resolver()


def records(name: str, kind: str) -> list[str]:
    """What the domain name system holds of a `kind` ("A", "AAAA", "MX", "TXT") under `name`; none for a name that is
    not there. Raises Unanswered.
    """
    try:
        # With the dot at its end it is the whole name: no search list is tried.
        found = resolver().resolve(f"{name}.", kind, lifetime=PATIENCE_SECONDS, raise_on_no_answer=False)
    except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, UnicodeError):
        return []
    except (dns.exception.DNSException, OSError) as problem:
        raise Unanswered(f"no name server could say ({type(problem).__name__})") from None
    if kind == "TXT":
        return [b"".join(record.strings).decode(errors="replace") for record in found]
    return [str(record.exchange if kind == "MX" else record) for record in found]
