"""The state of one stand-in, shared by its API, payment page, webhook sender and controls."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stripe
import stripe.checkout

from app.stripe_sandbox.chaos import Chaos
from app.stripe_sandbox.faults import Faults
from app.stripe_sandbox.store import Object, Store

LIBRARY: dict[str, type] = {
    resource.OBJECT_NAME: resource
    for resource in (
        stripe.BalanceTransaction,
        stripe.Charge,
        stripe.Coupon,
        stripe.Customer,
        stripe.Discount,
        stripe.Dispute,
        stripe.Event,
        stripe.Invoice,
        stripe.InvoiceLineItem,
        stripe.PaymentIntent,
        stripe.Price,
        stripe.Product,
        stripe.PromotionCode,
        stripe.Refund,
        stripe.TaxRate,
        stripe.WebhookEndpoint,
        stripe.checkout.Session,
    )
}
# Absent unless expanded, or only in an answer of their own.
NOT_ALWAYS_THERE = frozenset(
    {"OBJECT_NAME", "deleted", "account", "context", "secret", "currency_options", "tiers", "refunds", "line_items"}
    | {"payments", "applies_to", "cash_balance", "invoice_credit_balance", "sources", "subscriptions", "tax", "tax_ids"}
)
NO_REQUEST: Object = {"id": None, "idempotency_key": None}
current_request: ContextVar[Object] = ContextVar("current_request", default=NO_REQUEST)


@dataclass(frozen=True)
class Settings:
    """`debit_seconds` is how long a bank debit takes, `retry_seconds` the waits between attempts of a webhook."""

    base_url: str = "http://127.0.0.1:12111"
    api_key: str = "sk_test_sandbox"
    debit_seconds: float = 5
    retry_seconds: tuple[float, ...] = (1, 5, 30, 120, 600, 3600)
    webhook_timeout_seconds: float = 10
    state_file: Path | None = None


@dataclass
class Sandbox:
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.store = Store(self.settings.state_file)
        self.changed = threading.Condition(threading.RLock())
        self.faults = Faults()
        self.chaos = Chaos()
        self.requests: deque[Object] = deque(maxlen=1000)
        self.ahead_seconds = 0.0

    def now(self) -> int:
        """Seconds since 1970 by the stand-in's clock, which can be put forward."""
        return int(time.time() + self.ahead_seconds)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One change at a time; saved at its end, and the background threads woken. A refused payment is a change."""
        with self.changed:
            try:
                yield
            finally:
                self.store.save()
                self.changed.notify_all()

    def url(self, path: str) -> str:
        return self.settings.base_url.rstrip("/") + path

    def blank(self, kind: str, id: str, **fields: Any) -> Object:
        """A new object of Stripe with the fields the library knows it by, null unless given."""
        always = {"id": id, "object": kind, "created": self.now(), "livemode": False}
        names = LIBRARY[kind].__annotations__.keys() - NOT_ALWAYS_THERE
        return {name: always.get(name) for name in sorted(names)} | fields
