"""Stripe's stand-in, reached over HTTP by the real library, sending to the site as served."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app import clock as site_clock
from app.stripe_sandbox.refunds import create_refund
from app.stripe_sandbox.server import WEBHOOK_SECRET, SandboxServer


@pytest.fixture(scope="session")
def stand_in() -> Iterator[SandboxServer]:
    with SandboxServer(debit_seconds=7 * 86400, retry_seconds=()) as server:
        yield server


@pytest.fixture
def stripe(app: Flask, stand_in: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The stand-in, which keeps its events until told to `deliver` them to the site."""
    monkeypatch.setitem(app.config, "STRIPE_SECRET_KEY", stand_in.api_key)
    monkeypatch.setitem(app.config, "STRIPE_API_BASE", stand_in.base_url)
    monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET)
    with served(app) as address:
        stand_in.reset()
        stand_in.set_chaos(drop=True)
        stand_in.send_webhooks_to(f"{address}/stripe/webhook")
        yield stand_in
        stand_in.reset()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The site on a port of its own, in threads of this process."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def later(stripe: SandboxServer, monkeypatch: pytest.MonkeyPatch):
    """Puts the clocks of the site and of Stripe forward together."""
    ahead = timedelta()

    def advance(**by: float) -> None:
        nonlocal ahead
        ahead += timedelta(**by)
        stripe.advance(timedelta(**by).total_seconds())

    monkeypatch.setattr(site_clock, "_read", lambda: datetime.now(UTC) + ahead)
    return advance


def refund(stripe, **how: int) -> dict[str, Any]:
    """As the owner does in Stripe's dashboard."""
    [intent] = stripe.sandbox.store.all("payment_intent")
    with stripe.sandbox.transaction():
        return create_refund(stripe.sandbox, {"payment_intent": intent["id"], **how})


@contextmanager
def takes_less_than(seconds: float) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds
