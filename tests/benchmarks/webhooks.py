"""Stripe's events at 50 a second on SQLite: how soon each is answered while a worker acts on them, and without one."""

import json
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any

import stripe
from flask import Flask

from app import config, create_app
from app.commands import set_up
from app.enrollment import checkout
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.extensions import db
from app.outbox.models import Worker
from app.stripe_sandbox.server import WEBHOOK_SECRET, SandboxServer
from tests.benchmarks.tools import granian, running
from tests.processes import start, stop, wait_until

ORDERS, A_SECOND, COPIES = 250, 50, 2
WITHIN_SECONDS = 120


def compare() -> None:
    print(f"\n{ORDERS} payments told {COPIES} times, {A_SECOND} events a second, SQLite: milliseconds to an answer")
    alone, *_ = _measured(works=False)
    beside, enrolled, seconds = _measured(works=True)
    print(f"  nobody works   p50 {alone[0]:6.1f}   p99 {alone[1]:6.1f}")
    print(f"  a worker does  p50 {beside[0]:6.1f}   p99 {beside[1]:6.1f}   p99 is {beside[1] / alone[1]:.2f} of it")
    print(f"  {enrolled} of {ORDERS} enrolled {seconds:.0f} s after the last event", flush=True)


def _measured(works: bool) -> tuple[tuple[float, float], int, float]:
    """Median and 99th percentile, then how many were enrolled, and how long after the last event that took."""
    with TemporaryDirectory(prefix="bench-") as folder, SandboxServer() as stand_in:
        stand_in.set_chaos(drop=True)
        stand_in.send_webhooks_to("http://127.0.0.1:9/")
        settings = {
            "INSTANCE_PATH": str(Path(folder) / "instance"),
            "STRIPE_SECRET_KEY": stand_in.api_key,
            "STRIPE_API_BASE": stand_in.base_url,
            "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }
        app = create_app(config.load(settings | {"LOG_LEVEL": "ERROR"}))
        with app.app_context():
            set_up()
            for url in _begun():
                stand_in.pay(url.rpartition("/")[2])
            db.session.commit()
        events = [event for event in stand_in.events() if event["type"] == "checkout.session.completed"]
        with running(granian("wsgi:app", **settings), "/healthz") as (address, _), _worker(settings, works):
            if works:
                wait_until(lambda: _worker_is_there(app), 30, "a worker")
            with ProcessPoolExecutor(1, get_context("spawn")) as sender:  # The stand-in answers in this one.
                took = sender.submit(_sent, f"{address}/stripe/webhook", events * COPIES).result()
            begun, enrolled = time.monotonic(), 0
            while works and enrolled < ORDERS and time.monotonic() < begun + WITHIN_SECONDS:
                time.sleep(0.5)
                with app.app_context():
                    enrolled = db.session.query(Enrollment).count()
            seconds = time.monotonic() - begun
        cuts = quantiles(took, n=100)
        return (cuts[49] * 1000, cuts[98] * 1000), enrolled, seconds


def _begun() -> Iterator[str]:
    """Payment pages of as many buyers."""
    course = Course.current()
    assert course is not None
    cohort = Cohort(course=course, name="Any day", time_zone="America/New_York", seats=None)
    db.session.add(cohort)
    db.session.commit()
    cohort_id = cohort.id
    for number in range(ORDERS):
        wanted = checkout.Wanted(cohort_id, f"buyer{number}@example.org", f"Buyer {number}")
        yield checkout.start(wanted, page="/course/")


@contextmanager
def _worker(settings: dict[str, str], works: bool) -> Iterator[None]:
    if not works:
        yield
        return
    process = start(["flask", "worker"], settings, Path(settings["INSTANCE_PATH"]) / "worker.log")
    try:
        yield
    finally:
        stop(process)


def _worker_is_there(app: Flask) -> bool:
    with app.app_context():
        return db.session.query(Worker).count() > 0


def _sent(url: str, events: list[dict[str, Any]]) -> list[float]:
    """Seconds from the moment each was due to its answer; a server that falls behind makes all later ones late."""
    begun = time.monotonic()

    def send(numbered: tuple[int, dict[str, Any]]) -> float:
        number, event = numbered
        due = begun + number / A_SECOND
        time.sleep(max(due - time.monotonic(), 0))
        body = json.dumps(event).encode()
        signed = stripe.WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET)
        asked = urllib.request.Request(url, body, {"Stripe-Signature": signed, "Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.status == 200
        return time.monotonic() - due

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(send, enumerate(events)))
