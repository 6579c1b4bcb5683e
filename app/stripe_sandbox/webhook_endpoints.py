"""Where events are posted: https://docs.stripe.com/api/webhook_endpoints."""

from urllib.parse import urlsplit

from app.stripe_sandbox.errors import ParameterError
from app.stripe_sandbox.lists import page
from app.stripe_sandbox.parameters import Params, metadata_of
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.store import Object, new_id
from app.stripe_sandbox.version import API_VERSION

OWN_ENDPOINT = "we_sandbox"


def own_endpoint(sandbox: Sandbox, url: str, secret: str) -> None:
    """The endpoint given on the command line; it replaces that of an earlier run."""
    with sandbox.transaction():
        _add(sandbox, OWN_ENDPOINT, secret, {"url": url, "enabled_events": ["*"]})


def create_endpoint(sandbox: Sandbox, params: Params) -> Object:
    """The only answer that shows the signing secret."""
    url = urlsplit(params["url"])
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ParameterError("Not a valid URL", "url", "url_invalid")
    if (version := params.get("api_version", API_VERSION)) != API_VERSION:
        raise ParameterError(f"The Stripe stand-in sends events as {API_VERSION} only, not {version}.", "api_version")
    endpoint = _add(sandbox, new_id("we"), new_id("whsec", 32), params)
    return endpoint | {"secret": endpoint["_secret"]}


def _add(sandbox: Sandbox, id: str, secret: str, params: Params) -> Object:
    fields = {
        "api_version": API_VERSION,
        "application": None,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "metadata": metadata_of(params),
        "status": "enabled",
        "url": params["url"],
        "_secret": secret,
    }
    return sandbox.store.add(sandbox.blank("webhook_endpoint", id, **fields))


def retrieve_endpoint(sandbox: Sandbox, params: Params, id: str) -> Object:
    return sandbox.store.get("webhook_endpoint", id)


def list_endpoints(sandbox: Sandbox, params: Params) -> Object:
    return page("/v1/webhook_endpoints", sandbox.store.all("webhook_endpoint"), params)


def delete_endpoint(sandbox: Sandbox, params: Params, id: str) -> Object:
    sandbox.store.get("webhook_endpoint", id)
    del sandbox.store.objects["webhook_endpoint"][id]
    return {"id": id, "object": "webhook_endpoint", "deleted": True}
