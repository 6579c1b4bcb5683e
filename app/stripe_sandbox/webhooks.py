"""Webhooks: events posted and signed as Stripe does, from a background thread, until the receiver answers 2xx.

https://docs.stripe.com/webhooks. A redirect counts as a failure; each attempt is signed anew.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from stripe import WebhookSignature

from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, public

REORDER_SECONDS = 0.3  # How long the newest event must be alone before a reordered batch leaves.
AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks)"


def send_webhooks(sandbox: Sandbox, stop: threading.Event) -> None:
    """The sender's loop; ends when `stop` is set and the sandbox notified."""
    while not stop.is_set():
        with sandbox.changed:
            if not (due := _take_due(sandbox)):
                sandbox.changed.wait(0.1)
        for delivery in due:
            attempt(sandbox, delivery, copies=1 + sandbox.chaos.duplicate)


def _take_due(sandbox: Sandbox) -> list[Object]:
    now = time.time()
    pending = [delivery for delivery in sandbox.store.deliveries if delivery["state"] == "pending"]
    if sandbox.chaos.reorder:
        pending.reverse()
        if pending and pending[0]["queued_at"] > now - REORDER_SECONDS:
            return []
    return [delivery for delivery in pending if delivery["next_at"] <= now]


def attempt(sandbox: Sandbox, delivery: Object, copies: int = 1, age_seconds: int = 0) -> None:
    """Post one event, `copies` times at the same moment, and record what came back."""
    with sandbox.changed:
        endpoint, event = sandbox.store.by_id(delivery["endpoint"]), sandbox.store.by_id(delivery["event"])
        body = json.dumps(public(event), indent=2, ensure_ascii=False)
        if not endpoint or not event:  # Deleted, or everything was reset.
            delivery["state"] = "abandoned"
            return
    header = WebhookSignature.generate_signature_header(body, endpoint["_secret"], int(time.time()) - age_seconds)
    attempts = _at_once(copies, endpoint["url"], body, header, sandbox.settings.webhook_timeout_seconds)
    with sandbox.transaction():
        _record(sandbox, event, delivery, attempts)


def _at_once(copies: int, url: str, body: str, header: str, timeout: float) -> list[Object]:
    attempts: list[Object] = []
    posts = [
        threading.Thread(target=lambda: attempts.append(_post(url, body, header, timeout)), daemon=True)
        for _ in range(copies)
    ]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    return attempts


def _post(url: str, body: str, header: str, timeout: float) -> Object:
    started = time.time()
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": AGENT, "Stripe-Signature": header}
    connection = kind(place.hostname or "", place.port, timeout=timeout)
    try:
        connection.request("POST", place.path + (f"?{place.query}" if place.query else ""), body.encode(), headers)
        answer: Object = {"status": connection.getresponse().status, "error": None}
    except (OSError, http.client.HTTPException) as error:
        answer = {"status": None, "error": f"{type(error).__name__}: {error}"}
    finally:
        connection.close()
    return answer | {"at": started, "seconds": round(time.time() - started, 3)}


def _record(sandbox: Sandbox, event: Object, delivery: Object, attempts: Iterable[Object]) -> None:
    delivery["attempts"].extend(attempts)
    if delivery["state"] == "delivered":
        return
    if any(200 <= (made["status"] or 0) < 300 for made in delivery["attempts"]):
        delivery["state"] = "delivered"
        event["pending_webhooks"] -= 1
        return
    tries, waits = delivery["tries"] + 1, sandbox.settings.retry_seconds
    more = tries <= len(waits)
    delivery.update(tries=tries, state="pending" if more else "failed")
    delivery["next_at"] = time.time() + (waits[tries - 1] if more else 0)


def deliver(
    sandbox: Sandbox, ids: list[str] | None = None, copies: int = 1, age_seconds: int = 0, together: bool = False
) -> list[Object]:
    """Post now in the order of `ids`, or all at the same moment; without ids, all that were not delivered yet."""
    with sandbox.changed:
        deliveries = sandbox.store.deliveries
        if ids is None:
            chosen = [delivery for delivery in deliveries if delivery["state"] != "delivered"]
        else:
            chosen = [delivery for id in ids for delivery in deliveries if delivery["event"] == id]
    with ThreadPoolExecutor(max_workers=len(chosen) if together and chosen else 1) as posts:
        list(posts.map(lambda delivery: attempt(sandbox, delivery, copies, age_seconds), chosen))
    return chosen
