"""The worker process: runs what is on the queue, sweeps for what a lost task left, and delivers mail."""

import gc
import logging
import signal
from typing import Any

from flask import Flask, current_app
from huey.consumer import Consumer

from app.coaching.availability import tasks as availability_tasks
from app.coaching.managing import tasks as managing_tasks
from app.coaching.waiting import tasks as waiting_tasks
from app.extensions import queue
from app.followups import tasks as followups_tasks
from app.newsletter import tasks as newsletter_tasks
from app.newsletter.in_and_out import import_tasks
from app.outbox import tasks as outbox_tasks
from app.outbox.delivery import Deliverer, bury_dead_neighbours
from app.payments import tasks as payments_tasks

# Run once at the start, so that what a crash left is picked up now and not at the next full minute.
SWEEPS = (
    outbox_tasks.sweep_outbox,
    followups_tasks.sweep_followups,
    payments_tasks.sweep_payments,
    newsletter_tasks.sweep_issues,
    import_tasks.sweep_uploads,
    availability_tasks.sweep_busy_feeds,
    managing_tasks.sweep_consultations,
    waiting_tasks.sweep_waiting_list,
)
LONGEST_POLL_SECONDS = 0.5


class SiteConsumer(Consumer):
    """Huey's consumer, which finishes the message in hand when told to stop, by either signal."""

    def __init__(self, deliverer: Deliverer, **options: Any) -> None:
        super().__init__(queue, **options)
        self.deliverer = deliverer
        # Huey would cut its workers short on one of the two signals; a mail may be in hand on both.
        self._signal_actions = {signal.SIGINT: (False, True), signal.SIGTERM: (False, True)}

    def stop(self, graceful: bool = False) -> None:
        self.deliverer.stopping.set()
        super().stop(graceful)
        self.deliverer.retire()


def run_worker() -> None:
    """Work until told to stop. Needs an app context."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    # Huey tells of every task; the site's own lines say what came of them.
    logging.getLogger("huey").setLevel(logging.WARNING)
    _compile_mails(app)
    bury_dead_neighbours()
    deliverer = Deliverer.of_this_process()
    deliverer.keep_beating(app)
    for sweep in SWEEPS:
        sweep()
    gc.freeze()  # What is loaded by now stays: the collector need not look through it again and again.
    threads = app.config["MAIL_CONNECTIONS"] + 2  # Two are left for other work while all connections are busy.
    SiteConsumer(deliverer, workers=threads, max_delay=LONGEST_POLL_SECONDS, backoff=1.1).run()


def _compile_mails(app: Flask) -> None:
    """Now, and not within the first transactions: a sale that waits for its mails to compile makes all others wait."""
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("emails/")):
        app.jinja_env.get_template(name)
