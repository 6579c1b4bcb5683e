"""Limits on forms that anyone can fill in: per typed address, per network, per domain, and in all.

What a stranger types must not use up what somebody else may do. So the limits on an address and a domain are wide (how
much mail an address gets is counted in the database), and count only posts that were taken; those on a network and in
all are what stops a robot, and count everything.
"""

import math
import time
import unicodedata
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from flask import Response, request
from flask_limiter.util import get_remote_address
from limits import RateLimitItem

from app.extensions import limiter

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


# Where everybody has a mailbox. A limit on such a domain would be one on everybody, for a few robots to use up, and
# they need no protection from our mail as a hospital's own server does.
MAILBOX_PROVIDERS = frozenset(
    {
        *("aol.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com"),
        *("icloud.com", "live.com", "mac.com", "mail.com", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me"),
        *("protonmail.com", "web.de", "yahoo.com", "ymail.com", "zoho.com"),
    }
)
_DOTS_MEAN_NOTHING = frozenset({"gmail.com", "googlemail.com"})


def mailbox_of(address: str) -> str:
    """The mailbox behind an address, for counting and never for writing to: ada+tag@example.org is ada@example.org."""
    name, _, domain = address.rpartition("@")
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '') if domain in _DOTS_MEAN_NOTHING else name}@{domain}"


def typed_address() -> str:
    """The mailbox in the form, whatever it was typed like: case, space, tags, wide letters make no second allowance."""
    typed = unicodedata.normalize("NFKC", request.form.get("email", "")[:1000]).casefold()
    name, _, domain = "".join(typed.split()).rpartition("@")
    return mailbox_of(f"{name}@{_ascii(domain)}")[:254]


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def typed_domain() -> str:
    # Of an empty key the limiter would say that something is wrong with the site.
    return typed_address().rpartition("@")[2] or "none"


def network() -> str:
    """The visitor's network: a household or a phone carrier's cell, not one of the addresses it can hop between."""
    try:
        address = ip_address(get_remote_address())
    except ValueError:
        return "unknown"
    return str(ip_network((address, 24 if address.version == 4 else 56), strict=False))


def form_limits(scope: str, *, address: str, network_: str, domain: str, in_all: str) -> Decorator:
    """Limits on the POSTs of a view, such as "5/hour". They need no cookie and no script, only what was sent."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        keys: tuple[tuple[str, str, Callable[[], str], dict[str, Any]], ...] = (
            (address, "address", typed_address, {"deduct_when": _was_taken, "exempt_when": _is_trapped}),
            (network_, "network", network, {}),
            (domain, "domain", typed_domain, {"deduct_when": _was_taken, "exempt_when": _spares_domain}),
            (in_all, "all", lambda: "all", {}),
        )
        for limit, name, key, rules in keys:
            view = limiter.shared_limit(limit, scope=f"{scope}:{name}", key_func=key, methods=["POST"], **rules)(view)
        return view

    return decorate


def _was_taken(response: Response) -> bool:
    return response.status_code in (200, 303)


def _is_trapped() -> bool:
    """Whether the field no human sees is filled in: such a post is thanked like any other, and does nothing."""
    return bool(request.form.get("website"))


def _spares_domain() -> bool:
    return _is_trapped() or typed_domain() in MAILBOX_PROVIDERS


def used_up_for(limit: RateLimitItem, *keys: str) -> int:
    """In how many seconds what was used up of `limit` begins anew, for Retry-After (RFC 9110 §10.2.3)."""
    return max(1, math.ceil(limiter.limiter.get_window_stats(limit, *keys).reset_time - time.time()))


def wait_in_words(seconds: int) -> str:
    """ "in 20 minutes": never sooner than after so many seconds."""
    minutes = math.ceil(seconds / 60)
    if minutes > 90:
        return f"in {math.ceil(minutes / 60)} hours"
    return "in a minute" if minutes == 1 else f"in {minutes} minutes"
