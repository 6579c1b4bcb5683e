"""Learns that content changed, in whichever process: a thread reads the content version again and again."""

import logging
import os
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db
from app.publishing import ContentVersion

log = logging.getLogger(__name__)
EVERY_SECONDS = 0.5
# Some pages change with time alone (a cohort has begun), so that nothing stays stored for longer than this.
RENEW_AFTER_SECONDS = 60


class ContentWatch:
    """Calls `changed` when the version is another than at the last look, or that look is long ago.

    It keeps still while the database is away: a page of a minute ago is better than none.
    """

    def __init__(self, app: Flask, changed: Callable[[], None]) -> None:
        self._app = app
        self._changed = changed
        self._lock = threading.Lock()
        self._process = 0
        self._thread: threading.Thread | None = None
        self._number: int | None = None
        self._changed_at = 0.0
        self._reachable = True
        self._stop = threading.Event()

    def start(self) -> None:
        """Look once, then go on in a thread. To be called in the process that serves, before it renders anything."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process == os.getpid():
                return
            with self._app.app_context():
                engine = self._engine(db.engine)
            self._look(engine)
            self._process = os.getpid()
            self._thread = threading.Thread(target=self._watch, args=(engine,), name="content watch", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and close its connection."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _engine(self, site: Engine) -> Engine:
        # A connection of its own: pages must not go stale because all others are busy.
        options = {**self._app.config["SQLALCHEMY_ENGINE_OPTIONS"], "pool_size": 1, "max_overflow": 0}
        return create_engine(site.url, **options).execution_options(only_reads=True)

    def _watch(self, engine: Engine) -> None:
        while not self._stop.wait(EVERY_SECONDS):
            self._look(engine)
        engine.dispose()

    def _look(self, engine: Engine) -> None:
        try:
            with engine.connect() as connection:
                number = connection.scalar(select(ContentVersion.number))
        except SQLAlchemyError as problem:
            if self._reachable:
                log.warning("content version unreadable, stored pages stay as they are: %s", problem)
            self._reachable = False
            return
        self._reachable = True
        if number != self._number or time.monotonic() - self._changed_at > RENEW_AFTER_SECONDS:
            self._number, self._changed_at = number, time.monotonic()
            self._changed()
