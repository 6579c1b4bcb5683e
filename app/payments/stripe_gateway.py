"""Stripe, and nothing else of the site speaks to it: our words in, our words out, its errors as two of ours.

Every call ends within PATIENCE_SECONDS and a single attempt's time, retries included, so that a page that waits for it
answers in under ten. Never call from here with a transaction open.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import stripe
from flask import current_app

from app.clock import now
from app.payments.checkouts import EXPANDED, Checkout
from app.payments.disputes import LOST, Dispute
from app.payments.pages import PageWanted

log = logging.getLogger(__name__)
logging.getLogger("stripe").setLevel(logging.WARNING)  # It would write three lines for every call.

# No attempt starts later than this after the first of a page, and none takes longer than the second.
PATIENCE_SECONDS, ATTEMPT_SECONDS = 4.5, 3.5
RETRIES = 2
SIGNATURE_GOOD_FOR_SECONDS = 300
TAKEN_BACK = "The payer's bank has taken the payment back."
_started: ContextVar[float] = ContextVar("started")


class GatewayUnavailable(Exception):
    """Stripe cannot be reached, is ill or busy, or is not set up: try again later.

    `key_spent`: Stripe will go on giving this answer to the same idempotency key, so the next try needs another.
    """

    def __init__(self, message: str, *, key_spent: bool = False) -> None:
        super().__init__(message)
        self.key_spent = key_spent


class GatewayRefused(Exception):
    """Stripe understood and said no. `code` and `param` are its words for why and where."""

    def __init__(self, message: str, code: str | None, param: str | None) -> None:
        super().__init__(message)
        self.code, self.param = code or "", param or ""


class BadSignature(Exception):
    """A webhook that Stripe did not sign, or not for us, or not now."""


class WebhookEndpoint(NamedTuple):
    """`events` holds "*" for every kind."""

    url: str
    events: list[str]
    is_enabled: bool


class _PatientClient(stripe.RequestsClient):
    """Refuses to start an attempt for which there is no time left."""

    def request(self, *args: Any, **options: Any) -> Any:
        if time.monotonic() - _started.get() > PATIENCE_SECONDS:
            raise stripe.APIConnectionError("no time left for another attempt")  # type: ignore[no-untyped-call]
        return super().request(*args, **options)


def is_set_up() -> bool:
    return bool(current_app.config["STRIPE_SECRET_KEY"])


def is_live() -> bool:
    """Whether our key moves real money; what Stripe says and sends must be of the same kind."""
    return "_live_" in (current_app.config["STRIPE_SECRET_KEY"] or "")


def open_checkout(wanted: PageWanted) -> Checkout:
    """The payment page: the same one however often it is asked for under the same key.

    Raises GatewayUnavailable, GatewayRefused.
    """
    with calling() as client:
        try:
            return _create_session(client, wanted.params, wanted.idempotency_key)
        except stripe.InvalidRequestError as refusal:
            if refusal.code != "resource_missing":
                raise
        # A new account, or a new title: Stripe learns of what we sell the first time somebody buys it.
        _make_product(client, wanted.product)
        return _create_session(client, wanted.params, f"{wanted.idempotency_key}-2")


def retrieve_checkout(session_id: str, *, is_disputed: bool = False) -> Checkout:
    """`is_disputed`: a dispute is known of, even should the payment not say so. Raises as `open_checkout`."""
    with calling() as client:
        asked_at = now()
        session = client.v1.checkout.sessions.retrieve(session_id, {"expand": EXPANDED})
        found = Checkout.of(session.to_dict(), asked_at)
        if not (found.payment_intent_id and (found.is_disputed or is_disputed)):
            return found
        return found._replace(dispute=_dispute_of(client, found.payment_intent_id))


def dispute_of(payment_intent_id: str) -> Dispute:
    """How the disputes of a payment stand. Raises GatewayUnavailable, GatewayRefused."""
    with calling() as client:
        return _dispute_of(client, payment_intent_id)


def _dispute_of(client: stripe.StripeClient, payment: str) -> Dispute:
    asked_at = now()
    found = client.v1.disputes.list({"payment_intent": payment, "limit": 100}).data
    return Dispute.of([_one_dispute(each.to_dict(), asked_at) for each in found], asked_at)


def _one_dispute(dispute: dict[str, Any], asked_at: datetime) -> Dispute:
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    due_at = datetime.fromtimestamp(due_by, UTC) if due_by else None
    return Dispute(asked_at, dispute["status"], dispute.get("amount") or 0, due_at)


def expire_checkout(session_id: str) -> None:
    """Close a payment page now, unless it is over already. Raises GatewayUnavailable, GatewayRefused."""
    with calling() as client, suppress(stripe.InvalidRequestError):
        client.v1.checkout.sessions.expire(session_id)


def session_of_payment(payment_intent_id: str) -> str | None:
    """The id of the session that a payment was made in. Raises GatewayUnavailable, GatewayRefused."""
    with calling() as client:
        found = client.v1.checkout.sessions.list({"payment_intent": payment_intent_id, "limit": 1})
        return found.data[0].id if found.data else None


def refund_payment(payment: str, metadata: dict[str, str], key: str, cents: int | None, was_tried: bool) -> str:
    """Give back all that is left of a payment, or a part; the refund's id, empty if all was given back before.

    `was_tried`: under another key, and Stripe may have done it all the same; `metadata` tells this refund from others.
    Raises GatewayUnavailable, or GatewayRefused: with the code "lost" where the payer's bank has taken all of it.
    """
    wanted: Any = {"payment_intent": payment, "metadata": metadata} | ({"amount": cents} if cents else {})
    with calling() as client:
        if cents and was_tried and (made := _refund_made(client, payment, metadata)):
            return made
        try:
            return client.v1.refunds.create(wanted, {"idempotency_key": key}).id
        except stripe.InvalidRequestError as refusal:
            if refusal.code == "charge_already_refunded":
                if cents:
                    raise
                return ""
            lost = _dispute_of(client, payment)
            if lost.status != LOST:
                raise
            if left := _left_beside(client, payment, lost):
                if cents:
                    raise
                # Asked for all that is left, Stripe may count what the bank keeps.
                return client.v1.refunds.create(wanted | {"amount": left}, {"idempotency_key": f"{key}-{left}"}).id
            if made := _refund_made(client, payment, metadata):
                return made
            raise GatewayRefused(TAKEN_BACK, LOST, None) from refusal


def _left_beside(client: stripe.StripeClient, payment: str, lost: Dispute) -> int:
    """What has neither gone back of a payment nor was lost to the payer's bank."""
    charge = client.v1.payment_intents.retrieve(payment, {"expand": ["latest_charge"]}).to_dict()["latest_charge"]
    return max(int(charge["amount"] - charge["amount_refunded"] - lost.cents), 0)


def _refund_made(client: stripe.StripeClient, payment: str, metadata: dict[str, str]) -> str:
    made = client.v1.refunds.list({"payment_intent": payment, "limit": 100}).data
    return next((each.id for each in made if each.metadata and each.metadata.to_dict() == metadata), "")


def try_key() -> None:
    """Ask for something small that selling needs. Raises GatewayUnavailable, GatewayRefused."""
    with calling() as client:
        client.v1.checkout.sessions.list({"limit": 1})


def webhook_endpoints() -> list[WebhookEndpoint]:
    """Where Stripe sends events. Raises GatewayUnavailable, GatewayRefused."""
    with calling() as client:
        found = client.v1.webhook_endpoints.list({"limit": 100}).data
        return [WebhookEndpoint(each.url, list(each.enabled_events), each.status == "enabled") for each in found]


def verify_webhook(body: bytes, header: str | None) -> dict[str, Any]:
    """The event in `body`, if Stripe signed these very bytes for us in the last minutes. Raises BadSignature."""
    secret = current_app.config["STRIPE_WEBHOOK_SECRET"]
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, SIGNATURE_GOOD_FOR_SECONDS)
        _refuse_the_future(header or "")
        event = json.loads(body.decode())  # Of bytes it would take what it does not take of the text that is kept.
    except (stripe.SignatureVerificationError, ValueError, TypeError, RecursionError):
        raise BadSignature("bad signature") from None
    if not _is_event(event):
        raise BadSignature("not an event")
    if event["livemode"] != is_live():
        raise BadSignature(f"the event's livemode is {str(event['livemode']).lower()}, unlike that of the site's key")
    return dict(event)


def _refuse_the_future(header: str) -> None:
    # The library looks only whether a signature is too old (stripe 16.1, _webhook.py).
    signed_at = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
    if signed_at > time.time() + SIGNATURE_GOOD_FOR_SECONDS:
        raise ValueError("signed in the future")


def _is_event(event: Any) -> bool:
    return (
        isinstance(event, dict)
        and event.get("object") == "event"
        and _is_word(event.get("id"))
        and _is_word(event.get("type"))
        and isinstance(event.get("livemode"), bool)
        and isinstance(event.get("data"), dict)
        and isinstance(event["data"].get("object"), dict)
    )


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= 255 and text.isascii() and text.isprintable()


@lru_cache(maxsize=8)
def _client(api_key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": base},
        max_network_retries=RETRIES,
        http_client=_PatientClient(timeout=ATTEMPT_SECONDS),
    )


@contextmanager
def calling() -> Iterator[stripe.StripeClient]:
    """The client, for the calls of one page; what Stripe raises becomes ours.

    Raises GatewayUnavailable, GatewayRefused.
    """
    if not is_set_up():
        raise GatewayUnavailable("STRIPE_SECRET_KEY is not set")
    token = _started.set(time.monotonic())
    try:
        yield _client(current_app.config["STRIPE_SECRET_KEY"], current_app.config["STRIPE_API_BASE"])
    except stripe.StripeError as problem:
        raise _ours(problem) from problem
    finally:
        _started.reset(token)


def _ours(problem: stripe.StripeError) -> GatewayUnavailable | GatewayRefused:
    status = problem.http_status or 0
    if isinstance(problem, stripe.IdempotencyError) and status != 409:
        return GatewayUnavailable(str(problem), key_spent=True)  # Our row changed between two tries.
    if isinstance(problem, stripe.APIConnectionError | stripe.RateLimitError) or status == 409 or status >= 500:
        return GatewayUnavailable(str(problem), key_spent=status == 500)
    log.error("Stripe refused a call: %s", problem)
    return GatewayRefused(problem.user_message or "", problem.code, getattr(problem, "param", None))


def _create_session(client: stripe.StripeClient, params: Any, key: str) -> Checkout:
    asked_at = now()
    return Checkout.of(client.v1.checkout.sessions.create(params, {"idempotency_key": key}).to_dict(), asked_at)


def _make_product(client: stripe.StripeClient, product: Any) -> None:
    try:
        client.v1.products.create(product)
    except stripe.InvalidRequestError as refusal:
        if refusal.code != "resource_already_exists":  # Another buyer was first.
            raise
