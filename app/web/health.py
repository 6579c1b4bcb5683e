"""Whether the process lives, and whether what it needs is there. For load balancers and monitors, not for people."""

import logging
import shutil
from collections.abc import Callable

from flask import Flask, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.extensions import db, queue
from app.publishing import knows_no_visitor

log = logging.getLogger(__name__)
ROOM_NEEDED_BYTES = 20 * 1024 * 1024


def show_alive() -> ResponseReturnValue:
    """The process answers. Nothing else is asked."""
    return "alive\n", {"Content-Type": "text/plain; charset=utf-8"}


def show_ready() -> ResponseReturnValue:
    """Each part as "ok" or as what is wrong with it; 503 if any is."""
    parts = {name: _tried(name, check) for name, check in CHECKS.items()}
    return jsonify(parts), 200 if set(parts.values()) == {"ok"} else 503


def _tried(name: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as problem:  # Whatever it is, it is what the monitor wants to hear of.
        log.warning("%s is not ready: %s", name, problem)
        return f"down ({type(problem).__name__})"


def _database() -> str:
    try:
        db.session.execute(select(1))
    finally:
        db.session.rollback()
    return "ok"


def _queue() -> str:
    queue.storage.queue_size()
    return "ok"


def _disk() -> str:
    free = shutil.disk_usage(current_app.config["INSTANCE_PATH"]).free
    return "ok" if free > ROOM_NEEDED_BYTES else f"full ({free // 1024} kB left)"


CHECKS = {"database": _database, "queue": _queue, "disk": _disk}


def init_app(app: Flask) -> None:
    app.add_url_rule("/healthz", "show_alive", knows_no_visitor(show_alive))
    app.add_url_rule("/readyz", "show_ready", knows_no_visitor(show_ready))
