from datetime import timedelta

from huey import crontab

from app.extensions import queue
from app.payments import stripe_gateway
from app.payments.reconciling.reconciling import FARTHEST, reconcile


@queue.task()
def reconcile_now() -> None:
    """For whoever asks in the studio."""
    reconcile()


@queue.periodic_task(crontab(minute="41"))
def reconcile_hourly() -> None:
    """What is days old cannot be missed for long: everything is compared each night, the last days each hour."""
    if stripe_gateway.is_set_up():
        reconcile(timedelta(days=3))


@queue.periodic_task(crontab(hour="8", minute="11"))
def reconcile_daily() -> None:
    if stripe_gateway.is_set_up():
        reconcile(FARTHEST)
