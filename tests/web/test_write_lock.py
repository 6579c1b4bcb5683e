"""SQLite's write lock: whoever has a visitor waiting gets it before the work that goes on behind."""

import threading
import time

import pytest
from sqlalchemy import text

from app.extensions import db

WRITES = text("UPDATE person SET name = name")
REQUESTS, WORKERS = 30, 20
# One or two are under way or quicker; where nobody goes first, some ten are.
MOST_BEFORE_EACH = 4


def write(seconds: float = 0) -> None:
    db.session.execute(WRITES)
    time.sleep(seconds)
    db.session.commit()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # PostgreSQL locks rows.
def test_a_request_lets_hardly_any_of_those_who_work_behind_it_go_first(app):
    done: list[int] = []
    is_over, asks = threading.Event(), threading.Event()

    def work() -> None:
        with app.app_context():
            while not is_over.wait(0.001):
                asks.set()
                write(0.01)
                done.append(1)

    def before_a_request() -> int:
        with app.test_request_context(method="POST"):
            at_first = len(done)
            write()
            return len(done) - at_first

    workers = [threading.Thread(target=work) for _ in range(WORKERS)]
    for each in workers:
        each.start()
    asks.wait()
    try:
        waited_for = sum(before_a_request() for _ in range(REQUESTS))
    finally:
        is_over.set()
        for each in workers:
            each.join()
    assert waited_for <= MOST_BEFORE_EACH * REQUESTS
