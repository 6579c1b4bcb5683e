"""API calls that fail on request: what a caller must survive when Stripe is ill."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.stripe_sandbox.errors import NotBegun, StripeError

KINDS = ("timeout", "drop", "slow")


class ConnectionLost(Exception):
    """The caller gets no answer."""


@dataclass
class Fault:
    """`status` is an HTTP status, "timeout" (no answer within `seconds`), "drop" (connection closed) or "slow".

    With `after`, the call is carried out and only its answer lost. 500 is stored under the idempotency key, as Stripe
    stores it; 409, 429 and 503 are not.
    """

    status: int | str
    times: int = 1
    path: str = ""
    method: str = ""
    seconds: float = 0
    after: bool = False

    def __post_init__(self) -> None:
        if self.status not in KINDS and not (isinstance(self.status, int) and 400 <= self.status < 600):
            raise ValueError(f"status must be 400 to 599 or one of {', '.join(KINDS)}")
        if not self.seconds and self.status in ("timeout", "slow"):
            self.seconds = 90 if self.status == "timeout" else 1


class Faults:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: list[Fault] = []
        self.closing = threading.Event()

    def add(self, fault: Fault) -> None:
        with self.lock:
            self.waiting.append(fault)

    def clear(self) -> None:
        with self.lock:
            self.waiting.clear()

    def describe(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.waiting]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault meant for this call, used up once."""
        with self.lock:
            for fault in self.waiting:
                if path.startswith(fault.path) and method.startswith(fault.method):
                    fault.times -= 1
                    self.waiting = [left for left in self.waiting if left.times > 0]
                    return fault
        return None

    def before_call(self, fault: Fault) -> None:
        """What happens before the idempotency layer sees the call."""
        if fault.after or fault.status == "slow" or fault.status == 500:
            return
        if fault.status == "timeout":
            self.wait(fault.seconds)
        if isinstance(fault.status, str):
            raise ConnectionLost
        raise NotBegun(MESSAGES.get(fault.status, "Something went wrong."), **_error(fault.status))

    def within_call(self, fault: Fault) -> None:
        if fault.status == "slow":
            self.wait(fault.seconds)
        elif fault.status == 500 and not fault.after:
            raise StripeError("An unknown error occurred", status=500, type="api_error")

    def after_call(self, fault: Fault) -> None:
        if not fault.after:
            return
        if fault.status == "timeout":
            self.wait(fault.seconds)
        if isinstance(fault.status, str):
            raise ConnectionLost
        raise NotBegun("An unknown error occurred", **_error(fault.status))

    def wait(self, seconds: float) -> None:
        """Sleep, unless the server is closing."""
        until = time.monotonic() + seconds
        self.closing.wait(max(0.0, until - time.monotonic()))


MESSAGES: Mapping[int, str] = {
    409: "This object cannot be accessed right now because another API request or Stripe process is accessing it.",
    429: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    503: "Stripe is temporarily unavailable.",
}


def _error(status: int) -> dict[str, Any]:
    codes = {409: "lock_timeout", 429: "rate_limit"}
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return {"status": status, "type": kind, "code": codes.get(status)}
