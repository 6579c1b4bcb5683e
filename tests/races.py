"""Threads that meet where a test wants them to, whatever the machine is busy with."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import current_app
from sqlalchemy import event, text

from app.extensions import db


class Turnstile:
    """Stops the thread of one name the first time that `here` is true, so that another can be first."""

    def __init__(self, thread: str, here: Callable[..., bool]) -> None:
        self.thread, self.here, self.arrived, self.open = thread, here, threading.Event(), threading.Event()

    def before_transaction(self, *_) -> None:
        self._stop_if(self.here)

    def before_statement(self, _connection, _cursor, statement, *_) -> None:
        self._stop_if(lambda: self.here(statement))

    def _stop_if(self, here: Callable[[], bool]) -> None:
        if threading.current_thread().name == self.thread and not self.arrived.is_set() and here():
            self.arrived.set()
            self.open.wait(60)


@contextmanager
def stopped_before(what: str, thread: str, here: Callable[..., bool]) -> Iterator[Turnstile]:
    """`what` is "checkout" (of a connection: a transaction is about to begin) or "before_cursor_execute"."""
    turnstile = Turnstile(thread, here)
    stop = turnstile.before_transaction if what == "checkout" else turnstile.before_statement
    event.listen(db.engine, what, stop)
    try:
        yield turnstile
    finally:
        event.remove(db.engine, what, stop)


def nth(number: int, of: str = "") -> Callable[..., bool]:
    """True at the `number`th time, counting only statements that hold `of`."""
    left = number

    def here(statement: str = "") -> bool:
        nonlocal left
        left -= of in statement
        return left == 0

    return here


def in_thread(name: str, act: Callable[[], object], outcomes: dict[str, object]) -> threading.Thread:
    def run() -> None:
        try:
            outcomes[name] = act()
        except Exception as problem:
            outcomes[name] = problem

    thread = threading.Thread(target=run, name=name)
    thread.start()
    return thread


def wait_until_blocked() -> None:
    """Return when some transaction of this database waits for a lock that another holds."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(1500):
        with fresh_rows():
            if db.session.scalar(text(waiting)):
                return
            db.session.rollback()
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def at_once(number: int, act) -> list:
    """What `act(0)` to `act(number - 1)` return, each in a thread of its own, begun at the same moment."""
    results, barrier = [None] * number, threading.Barrier(number)

    def run(index: int) -> None:
        barrier.wait()
        try:
            results[index] = act(index)
        except Exception as problem:
            results[index] = problem

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def fresh_rows() -> Iterator[None]:
    """Rows as they stand now, to be read afterwards too, when no transaction is open that a request would wait for."""
    db.session.rollback()
    with current_app._get_current_object().app_context():
        yield
