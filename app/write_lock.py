"""Who writes next on SQLite, which has one lock for all: a visitor before the work that goes on behind.

SQLite itself would ask ever less often, every tenth of a second in the end: while a worker is busy, somebody else
always asks sooner, and who has waited long waits on.
"""

import sqlite3
import time
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from typing import IO, Any

from sqlalchemy.engine import Connection

# Seconds between two looks whether the lock is free.
ASK_OFTEN, ASK = 0.001, 0.01
PRIMARY_CODE = 0xFF  # The rest of an error's code says more: https://www.sqlite.org/rescode.html#extrc.


def begin_with_lock(connection: Connection, *, for_visitor: bool) -> None:
    """Begin a transaction that may write, after waiting for as long as the connection's timeout.

    Raises sqlalchemy.exc.OperationalError, when it has waited in vain too.
    """
    driver: Any = connection.connection.driver_connection
    (patience_ms,) = driver.execute("PRAGMA busy_timeout").fetchone()
    begins, until = _visitor_begins if for_visitor else _worker_begins, time.monotonic() + patience_ms / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        with suppress(sqlite3.OperationalError, OSError), _visitors(connection) as visitors:
            if begins(driver, visitors, until):
                return
        # Without the file SQLite waits in its own way; in vain, it fails in SQLAlchemy's words.
        driver.execute(f"PRAGMA busy_timeout = {max(until - time.monotonic(), 0) * 1000:.0f}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience_ms}")


def _visitors(connection: Connection) -> IO[str]:
    """A file beside the database that is empty; visitors who wait share a lock of it, which goes when it is closed."""
    return open(f"{connection.engine.url.database}-visitors", "a")


def _visitor_begins(driver: Any, visitors: IO[str], until: float) -> bool:
    flock(visitors, LOCK_SH)
    while not (has_begun := _begin(driver)) and time.monotonic() < until:
        time.sleep(ASK_OFTEN)
    return has_begun


def _worker_begins(driver: Any, visitors: IO[str], until: float) -> bool:
    while time.monotonic() < until:
        with suppress(BlockingIOError):  # A visitor waits, or another worker asks at this moment.
            flock(visitors, LOCK_EX | LOCK_NB)
            if _begin(driver):
                return True
            flock(visitors, LOCK_UN)
        time.sleep(ASK)
    return False


def _begin(driver: Any) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & PRIMARY_CODE == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True
