"""One worker sends an issue to 20,000 subscribers, ledger and all, beside a sender written for speed alone.

Both send to Debian's smtp-sink on loopback, in turn; PostgreSQL, where there is one, as the machine has it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import delete

from app.clock import now
from app.extensions import db
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sending.messages import PreparedMessage, Recipient
from tests.benchmarks.databases import kinds, site_on, subscribe
from tests.benchmarks.tools import ROOT, where_is
from tests.processes import start, stop
from tests.smtp_server import free_port

LETTERS, CONNECTIONS, ROUNDS = 20_000, 8, 3
KILOBYTES = 12
LOOKS_EVERY_SECONDS = 0.5  # Looking takes from the worker what is measured.
PARAGRAPH = "One idea about leading a team of physicians, in a sentence that is neither short nor long.\n\n"


def compare() -> None:
    print(
        f"\nAn issue of {KILOBYTES} kB to {LETTERS:,} subscribers, letters a second, median of {ROUNDS} rounds in turn"
    )
    for kind in kinds():
        with site_on(kind) as app, TemporaryDirectory(prefix="bench-") as folder, sink() as port:
            subscribe(LETTERS)
            letter = Path(folder) / "letter.eml"
            letter.write_bytes(_message(_new_issue()).removesuffix(b"\r\n.\r\n"))
            bare, ours = [], []
            for _ in range(ROUNDS):
                bare.append(LETTERS / _seconds_of_the_bare_sender(port, letter))
                ours.append(_rate_of_a_worker(app, port, Path(folder)))
            print(f"  {'by hand, no ledger':28} {median(bare):9,.0f}")
            print(f"  {f'one worker, {kind}':28} {median(ours):9,.0f}   {median(ours) / median(bare):5.2f}", flush=True)


@contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server that takes everything and keeps nothing."""
    port = free_port()
    command = [where_is("smtp-sink") or "smtp-sink", *(["-u", "nobody"] if os.geteuid() == 0 else [])]
    process = subprocess.Popen([*command, f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def _seconds_of_the_bare_sender(port: int, letter: Path) -> float:
    command = [sys.executable, "-m", "tests.benchmarks.pipelined", str(port), str(LETTERS), str(letter)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _rate_of_a_worker(app: Flask, port: int, folder: Path) -> float:
    """Letters a second, from the moment its audience is fixed to the moment every answer is written down."""
    issue = _new_issue()
    issue.schedule(now())
    db.session.commit()
    settings = {
        "INSTANCE_PATH": str(folder),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_CONNECTIONS": str(CONNECTIONS),
        "MAIL_DEFAULT_SENDER": app.config["MAIL_DEFAULT_SENDER"],
        "LOG_LEVEL": "ERROR",
    }
    worker = start(["flask", "worker"], settings, folder / "worker.log")
    while _as_it_is(issue).state != "sent":
        time.sleep(LOOKS_EVERY_SECONDS)
    stop(worker)
    done = _as_it_is(issue)
    assert done.sent == done.recipients
    assert done.frozen_at and done.finished_at
    return done.sent / (done.finished_at - done.frozen_at).total_seconds()


def _new_issue() -> Issue:
    """In place of those before, so that nobody has had a letter today."""
    for table in (Delivery, Issue):
        db.session.execute(delete(table))
    issue = Issue(
        slug="one", title="One", subject="{first_name|Doctor}, one idea", body="Dear {first_name|Doctor},\n\n"
    )
    db.session.add(issue)
    db.session.commit()
    while len(_message(issue)) < KILOBYTES * 1000:
        issue.body += PARAGRAPH
    db.session.commit()
    return issue


def _message(issue: Issue) -> bytes:
    recipient = Recipient(1, 1, "reader1@example.org", "Reader 1", now())
    return PreparedMessage(issue, compose(issue)).bytes_for(recipient, now())


def _as_it_is(issue: Issue) -> Issue:
    """Read without the lock that would keep the worker waiting."""
    db.session.rollback()
    db.session.connection(execution_options={"only_reads": True})
    found = db.session.get_one(Issue, issue.id, populate_existing=True)
    db.session.commit()
    return found


if __name__ == "__main__":
    compare()
