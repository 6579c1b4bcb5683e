"""A stand-in on a free port, the real library as its client, and a receiver that verifies what it is sent."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from app.stripe_sandbox.server import SandboxServer

RETURN_URL = "http://localhost:8000/course/checkout/complete?session_id={CHECKOUT_SESSION_ID}"


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # The usual five would refuse, and so delay, what arrives at the same moment.


class Receiver:
    """The webhook of a site: keeps each event that is rightly signed and answers `status`."""

    def __init__(self, secret: str) -> None:
        self.secret, self.status, self.seconds = secret, 200, 0.0
        self.events: list[stripe.Event] = []
        self.refused = 0
        self.busy = self.most_busy = 0
        self.lock = threading.Lock()
        self.server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/stripe/webhook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    def wait_for(self, type: str, count: int = 1, seconds: float = 5) -> list[stripe.Event]:
        until = time.monotonic() + seconds
        while len(found := [event for event in self.events if event.type == type]) < count:
            assert time.monotonic() < until, f"{count} {type} awaited, got {self.types}"
            time.sleep(0.01)
        return found

    def receive(self, body: bytes, signature: str | None) -> int:
        with self.lock:
            self.busy += 1
            self.most_busy = max(self.most_busy, self.busy)
        time.sleep(self.seconds)
        try:
            event = stripe.Webhook.construct_event(body, signature, self.secret)
        except stripe.SignatureVerificationError:
            self.refused += 1
            return 400
        finally:
            with self.lock:
                self.busy -= 1
        self.events.append(event)
        return self.status

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.receive(body, self.headers["Stripe-Signature"]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(debit_seconds=0.2, retry_seconds=(0.05, 0.1)) as running:
        yield running


@pytest.fixture
def receiver(server: SandboxServer) -> Iterator[Receiver]:
    listening = Receiver(server.webhook_secret)
    server.send_webhooks_to(listening.url)
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture
def client(server: SandboxServer) -> Iterator[stripe.StripeClient]:
    http_client = stripe.RequestsClient(timeout=5)
    yield stripe.StripeClient(server.api_key, base_addresses={"api": server.base_url}, http_client=http_client)
    http_client.close()


def order(**changes: Any) -> dict[str, Any]:
    """What a site asks a session with."""
    product = {"name": "Leading without a title"}
    line = {"quantity": 1, "price_data": {"currency": "usd", "unit_amount": 49_900, "product_data": product}}
    return {
        "mode": "payment",
        "line_items": [line],
        "success_url": RETURN_URL,
        "cancel_url": "http://localhost:8000/course/",
        "customer_email": "ada@example.org",
        "client_reference_id": "order-1",
        "metadata": {"order": "1"},
        "payment_intent_data": {"metadata": {"order": "1"}},
        **changes,
    }


@pytest.fixture
def checkout(client: stripe.StripeClient) -> Callable[..., stripe.checkout.Session]:
    """Makes a session; keywords change the order."""
    return lambda **changes: client.v1.checkout.sessions.create(order(**changes))
