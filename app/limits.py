"""Limits on forms that anyone can fill in: per typed address, per network, per domain, and in all."""

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any

from flask import request
from flask_limiter.util import get_remote_address

from app.extensions import limiter

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def typed_address() -> str:
    """The address in the form, in the roughest common spelling, so that case and space make no second allowance."""
    return request.form.get("email", "").strip().lower()[:254]


def typed_domain() -> str:
    return typed_address().rpartition("@")[2]


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
        keys: tuple[tuple[str, str, Callable[[], str]], ...] = (
            (address, "address", typed_address),
            (network_, "network", network),
            (domain, "domain", typed_domain),
            (in_all, "all", lambda: "all"),
        )
        for limit, name, key in keys:
            view = limiter.shared_limit(limit, scope=f"{scope}:{name}", key_func=key, methods=["POST"])(view)
        return view

    return decorate
