"""Events: a snapshot of an object at the moment something happened to it. https://docs.stripe.com/api/events."""

import time
from fnmatch import fnmatchcase

from app.stripe_sandbox.errors import ParameterError, missing_resource
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.sandbox import Sandbox, current_request
from app.stripe_sandbox.store import Object, new_id, public
from app.stripe_sandbox.version import API_VERSION

KEPT_SECONDS = 30 * 24 * 3600


def emit(sandbox: Sandbox, type: str, obj: Object, previous: Object | None = None) -> Object:
    """Record that `type` happened to `obj`, and queue it for every endpoint that asked to be told."""
    data = {"object": public(obj)} | ({"previous_attributes": previous} if previous else {})
    fields = {"api_version": API_VERSION, "data": data, "pending_webhooks": 0, "request": dict(current_request.get())}
    event = sandbox.store.add(sandbox.blank("event", new_id("evt"), type=type, **fields))
    for endpoint in sandbox.store.objects.get("webhook_endpoint", {}).values():
        if endpoint["status"] == "enabled" and {"*", type} & set(endpoint["enabled_events"]):
            _queue(sandbox, event, endpoint)
    return event


def _queue(sandbox: Sandbox, event: Object, endpoint: Object) -> None:
    event["pending_webhooks"] += 1
    held = sandbox.chaos.takes_next()
    now = time.time()
    sandbox.store.deliveries.append(
        {
            "event": event["id"],
            "endpoint": endpoint["id"],
            "state": "held" if held else "pending",
            "queued_at": now,
            "next_at": now + sandbox.chaos.delay,
            "tries": 0,
            "attempts": [],
        }
    )


def retrieve_event(sandbox: Sandbox, params: Params, id: str) -> Object:
    event = sandbox.store.get("event", id)
    if _is_forgotten(sandbox, event):
        raise missing_resource("event", id)
    return event


def _is_forgotten(sandbox: Sandbox, event: Object) -> bool:
    """https://docs.stripe.com/api/events: they can be had for 30 days."""
    created: int = event["created"]
    return created < sandbox.now() - KEPT_SECONDS


def list_events(sandbox: Sandbox, params: Params) -> Object:
    """`delivery_success=false` finds what an outage missed: https://docs.stripe.com/webhooks/process-undelivered-events."""
    if "type" in params and "types" in params:
        raise ParameterError("You may pass either `type` or `types`, but not both.", "type")
    patterns = params.pop("types", None) or [params.pop("type", "*")]
    if len(patterns) > 20:
        raise ParameterError("You may pass up to 20 types.", "types")
    success = params.pop("delivery_success", None)

    def keep(event: Object) -> bool:
        fits = any(fnmatchcase(event["type"], pattern) for pattern in patterns)
        return fits and success in (None, event["pending_webhooks"] == 0) and not _is_forgotten(sandbox, event)

    return page("/v1/events", sandbox.store.all("event"), params, keep)
