"""The queue behind its three settings: a file, Redis, PostgreSQL."""

import os
import threading
import time

import pytest
from huey.consumer import Consumer

from app.extensions import db, enqueue_after_commit, queue
from app.people.models import Person
from tests.conftest import lacking

# Huey leaves its listening PostgreSQL connections to the garbage collector, which psycopg remarks on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

done: list[tuple[str, bool]] = []


@queue.task(name="tests.look_up")
def look_up(email: str) -> None:
    done.append((email, Person.with_email(email) is not None))


@pytest.fixture(params=["file", "redis", "postgresql"])
def queue_url(request, tmp_path):
    if request.param == "file":
        return f"sqlite:///{tmp_path}/queue.db"
    name = f"TEST_{'REDIS' if request.param == 'redis' else 'POSTGRES'}_URL"
    if not (url := os.environ.get(name)):
        lacking(f"{name} is not set: no {request.param} queue to test on")
    return url


@pytest.fixture
def real_queue(app, queue_url, monkeypatch):
    monkeypatch.setitem(app.config, "QUEUE_URL", queue_url)
    queue.init_app(app)
    queue.flush()
    done.clear()
    yield queue
    queue.flush()
    queue.storage.close()


def run_consumer_until(condition):
    consumer = Consumer(queue, workers=2, periodic=False, max_delay=0.1)
    consumer.start()
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    consumer.stop_flag.set()
    for thread in threading.enumerate():
        if thread.name.startswith(("Worker-", "Scheduler")):
            thread.join()


def test_a_task_runs_after_the_commit_that_asked_for_it(real_queue):
    Person.at("ada@example.org")
    enqueue_after_commit(look_up, "ada@example.org")
    assert real_queue.pending_count() == 0
    db.session.commit()
    assert real_queue.pending_count() == 1
    run_consumer_until(lambda: done)
    assert done == [("ada@example.org", True)]


def test_a_rolled_back_wish_is_forgotten(real_queue):
    Person.at("ada@example.org")
    enqueue_after_commit(look_up, "ada@example.org")
    db.session.rollback()
    Person.at("grace@example.org")
    db.session.commit()
    assert real_queue.pending_count() == 0


def test_the_same_wish_twice_is_one_task(real_queue):
    Person.at("ada@example.org")
    enqueue_after_commit(look_up, "ada@example.org")
    enqueue_after_commit(look_up, "ada@example.org")
    db.session.commit()
    assert real_queue.pending_count() == 1
