"""This process as a worker that delivers: its row, its connections, its pace."""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask import Flask, current_app

from app.clock import now
from app.extensions import db
from app.outbox.models import HEARTBEAT, Email, Worker
from app.outbox.pace import Pace
from app.outbox.smtp import Answer, ConnectionPool, KeptConnection, deliver

log = logging.getLogger(__name__)
_making = threading.Lock()
# What other rooms do once a mail server has refused a message for good. They add theirs when imported.
AFTER_REFUSAL: list[Callable[[Email, Answer], None]] = []


class Deliverer:
    def __init__(self, connections: int) -> None:
        self.worker_id = uuid.uuid4().hex
        self.pool = ConnectionPool(connections)
        self.stopping = threading.Event()
        self._in_hand: set[int] = set()

    @classmethod
    def of_this_process(cls) -> "Deliverer":
        """The one deliverer of this app in this process, made and announced to the others at first use."""
        with _making:
            if "outbox" not in current_app.extensions:
                current_app.extensions["outbox"] = cls(current_app.config["MAIL_CONNECTIONS"])
                current_app.extensions["outbox"].beat()
        deliverer: Deliverer = current_app.extensions["outbox"]
        return deliverer

    def beat(self) -> None:
        Worker.beat(self.worker_id, socket.gethostname(), os.getpid())
        db.session.commit()

    def keep_beating(self, app: Flask) -> None:
        """Beat from a thread of its own until the worker stops."""

        def beating() -> None:
            while not self.stopping.wait(HEARTBEAT.total_seconds()):
                with app.app_context():
                    try:
                        self.beat()
                    except Exception:
                        log.exception("heartbeat failed; trying again")

        threading.Thread(target=beating, name="heartbeat", daemon=True).start()

    def retire(self) -> None:
        """Say goodbye to the mail server, and tell the other workers that this one holds nothing any more."""
        self.pool.close()
        Worker.retire(self.worker_id)
        db.session.commit()

    def deliver_due(self) -> int:
        """Send what is due until nothing is, the server is unwell, or we are told to stop. Returns how many went."""
        sent = 0
        # Waiting a moment closes the gap in which a busy thread has just seen an empty outbox and is about to end.
        with self.pool.lent(wait_seconds=1) as connection:
            while connection and not self.stopping.is_set():
                with self._next_in_hand() as email:
                    if email is None:
                        break
                    answer = self._hand_over(email, connection)
                sent += answer.outcome == "sent"
                if not answer.server_is_well:
                    break
        return sent

    def release_forgotten(self) -> None:
        """Make due again what is marked as ours but in nobody's hand: the database went away before the outcome."""
        # What is marked is read first: whoever takes one in hand says so here before the row says it.
        marked = Email.claimed_now(self.worker_id)
        Email.release(marked - self._in_hand)
        db.session.commit()

    @contextmanager
    def _next_in_hand(self) -> Iterator[Email | None]:
        """A mail that is due, in the caller's hand for as long as this lasts, whatever becomes of the database."""
        email = Email.claim_next(self.worker_id)
        taken = {email.id} if email else set()
        self._in_hand.update(taken)
        try:
            # The row says "in hand" before the server hears of it, and no transaction is open while we talk.
            db.session.commit()
            yield email
        finally:
            self._in_hand.difference_update(taken)

    def _hand_over(self, email: Email, connection: KeptConnection) -> Answer:
        Pace.wait_for_a_place()
        answer = deliver(email, connection)
        _record(email, answer)
        return answer


def is_stopping() -> bool:
    """Whether this process is a worker that was told to stop, for whoever is in the middle of long work."""
    deliverer: Deliverer | None = current_app.extensions.get("outbox")
    return deliverer is not None and deliverer.stopping.is_set()


def _record(email: Email, answer: Answer) -> None:
    if answer.outcome == "sent":
        email.mark_sent()
    elif answer.outcome == "never":
        email.mark_failed(answer.words)
    elif answer.outcome == "unanswered":
        email.doubt(answer.words)
    else:
        email.try_again_later(answer.words)
    if email.is_fleeting:
        db.session.flush()
        Email.forget_fleeting()
    db.session.commit()
    log.info("mail %s (%s): %s, %s", email.id, email.template, email.state, answer.words)
    if answer.outcome == "never":
        for act in AFTER_REFUSAL:
            act(email, answer)
        db.session.commit()


def bury_dead_neighbours() -> None:
    """Take back at once what workers of this machine held that are no longer running (after a crash and a restart)."""
    host = socket.gethostname()
    gone = [worker.pid for worker in Worker.alive() if worker.host == host and not _runs(worker)]
    Worker.bury(host=host, pids=gone)
    db.session.commit()


def _runs(worker: Worker) -> bool:
    if worker.pid == os.getpid():  # We have not announced ourselves yet: it is that of a dead one (a container's 1).
        return False
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _is_zombie_or_another(worker)


def _is_zombie_or_another(worker: Worker) -> bool:
    """Whether the process of its number is over, though its parent never asked how it ended, or began after its last
    sign of life. Known on Linux only (proc(5): in /proc/PID/stat, the name in brackets may hold anything).
    """
    try:
        state, *fields = Path(f"/proc/{worker.pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (OSError, ValueError):
        return False
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[18]) / os.sysconf("SC_CLK_TCK")
    return state in (b"Z", b"X") or now() - timedelta(seconds=age) > worker.seen_at + timedelta(seconds=1)
