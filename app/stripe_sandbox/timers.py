"""What happens by itself: sessions expire, bank debits and refunds settle."""

import threading

from app.stripe_sandbox.payments import settle_due_debits
from app.stripe_sandbox.refunds import settle_due_refunds
from app.stripe_sandbox.sandbox import Sandbox
from app.stripe_sandbox.sessions import expire, overdue

TICK_SECONDS = 0.1


def keep_time(sandbox: Sandbox, stop: threading.Event) -> None:
    """The clock's loop, until `stop`."""
    while not stop.wait(TICK_SECONDS):
        tick(sandbox)


def tick(sandbox: Sandbox) -> None:
    with sandbox.changed:
        events = len(sandbox.store.objects.get("event", {}))
        for session in overdue(sandbox):
            expire(sandbox, session)
        settle_due_debits(sandbox)
        settle_due_refunds(sandbox)
        if len(sandbox.store.objects.get("event", {})) > events:
            with sandbox.transaction():
                pass  # Saves and wakes the sender, which an idle tick need not.
