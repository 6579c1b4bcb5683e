"""SQLite's write lock: whoever has a visitor waiting gets it before the work that goes on behind."""

import sqlite3
import threading
import time
from contextlib import closing
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.processes import wait_until

WRITES = text("UPDATE person SET name = name")
REQUESTS, WORKERS = 30, 20
# One or two are under way or quicker; where nobody goes first, some ten are.
MOST_BEFORE_EACH = 2


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


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_works_behind_waits_for_a_visitor_who_came_later(app):
    done: list[str] = []

    def note(who: str) -> None:
        db.session.execute(WRITES)
        done.append(who)
        db.session.commit()

    def work() -> None:
        with app.app_context():
            note("work")

    def visit() -> None:
        with app.test_request_context(method="POST"):
            note("visit")

    with app.app_context():
        path = str(db.engine.url.database)
    threads = [threading.Thread(target=work) for _ in range(5)]
    visitor = threading.Thread(target=visit)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        for each in [*threads, visitor]:
            each.start()
        wait_until(lambda: somebody_waits(Path(f"{path}-visitors")), 5, "a visitor who waits")
    for each in [*threads, visitor]:
        each.join()
    assert done == ["visit", *["work"] * 5]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_folder_that_takes_no_file_beside_the_database_fails_nobody(app):
    with app.app_context():
        path = str(db.engine.url.database)
    visitors = Path(f"{path}-visitors")
    visitors.unlink(missing_ok=True)
    visitors.mkdir()
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, holder.close)  # Which rolls back.
    release.start()
    try:
        with app.app_context():
            write()
    finally:
        release.join()
        visitors.rmdir()


def somebody_waits(visitors: Path) -> bool:
    """By a lock that is shared. Workers ask for theirs at moments only, so that it is looked at more than once."""
    for _ in range(20):
        with visitors.open("a") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                time.sleep(0.001)
                continue
            return False
    return True
