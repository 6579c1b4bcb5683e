"""What Stripe has on record since a moment, read page after page; each may raise GatewayUnavailable, GatewayRefused."""

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import Any

from app.clock import now
from app.payments.checkouts import Checkout
from app.payments.stripe_gateway import calling, is_live


def checkouts_since(since: datetime) -> Iterator[Checkout]:
    """Every payment page opened since then, newest first.

    Whether a payment is disputed is told, not how the dispute stands.
    """
    expand = ["data.line_items", "data.payment_intent.latest_charge"]
    for asked_at, session in _everything("checkout.sessions", {"created": _from(since), "expand": expand}):
        yield Checkout.of(session, asked_at)


def payments_refunded_since(since: datetime) -> Iterator[str]:
    """Those of which something was given back since then."""
    return _payments_of("refunds", since)


def payments_disputed_since(since: datetime) -> Iterator[str]:
    """Those that a bank asked about or took back since then."""
    return _payments_of("disputes", since)


def _payments_of(what: str, since: datetime) -> Iterator[str]:
    for _, found in _everything(what, {"created": _from(since)}):
        if isinstance(payment := found.get("payment_intent"), str):
            yield payment


def undelivered_events(kinds: list[str], since: datetime) -> Iterator[dict[str, Any]]:
    """Events of these kinds that Stripe could not deliver, newest first. It keeps them for 30 days."""
    wanted = {"delivery_success": False, "types": kinds, "created": _from(since)}
    for _, event in _everything("events", wanted):
        if event["livemode"] == is_live():
            yield event


def _from(since: datetime) -> dict[str, int]:
    return {"gte": int(since.timestamp())}


def _everything(of: str, params: dict[str, Any]) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Each object of a list, page after page, with the moment its page was asked for."""
    last: dict[str, str] = {}
    while True:
        asked_at = now()
        with calling() as client:
            listed: Any = attrgetter(of)(client.v1).list(params | {"limit": 100} | last)
        found = [each.to_dict() for each in listed.data]
        for each in found:
            yield asked_at, each
        if not (listed.has_more and found):
            return
        last = {"starting_after": found[-1]["id"]}
