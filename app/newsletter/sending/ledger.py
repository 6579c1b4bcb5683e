"""What a worker writes into the ledger while it sends: short statements over many rows, each in a short transaction.

They go past the ORM, on a connection of their own: this is where a large send spends its time.
"""

import json
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    select,
    text,
    update,
)

from app.clock import now
from app.extensions import db
from app.followups import daily
from app.newsletter.issues.models import Issue
from app.newsletter.sending import ledger_statements as statements
from app.newsletter.sending.ledger_driver import Driver
from app.newsletter.sending.ledger_statements import TABLE
from app.newsletter.sending.messages import Recipient
from app.outbox.models import IN_DOUBT, WHEN_GONE, Worker, next_try_after

# Waiting for the disk at each commit would halve the rate. A power cut repeats what went out since it was last waited
# for; a killed process, the message in hand.
ON_DISK_EVERY_SECONDS = 0.1
# After 1, 2, 4 … minutes and at last every four hours: about two days.
MOST_RETRIES = 19


Rows = dict[str, list[dict[str, Any]]]


class DatabaseAway(Exception):
    """The database does not answer just now. Written again later, the same changes nothing twice."""


class Claimed(NamedTuple):
    """A delivery that is this worker's to send, how often it was tried, and how often left unanswered."""

    recipient: Recipient
    attempts: int
    unanswered: int


class Outcome(NamedTuple):
    """What came of handing a message over: `kind` is "sent", "failed", "later" or, when the server has all of it and
    did not say what it does with it, "unanswered"; `words` are the server's.

    `at_recipient` if they answer RCPT, and so are about the address.
    """

    claimed: Claimed
    kind: str
    words: str
    at_recipient: bool = False

    @property
    def has_failed(self) -> bool:
        return self.kind != "sent" and not self.goes_again

    @property
    def goes_again(self) -> bool:
        """An unanswered one may have arrived: it goes once more, and then no more."""
        if self.kind == "unanswered" and self.claimed.unanswered:
            return False
        return self.kind in ("later", "unanswered") and self.claimed.attempts < MOST_RETRIES


class Ledger:
    """The pages of one issue, as one worker writes them. A process has one open at a time."""

    _left_open = False

    def __init__(self, issue_id: int, worker_id: str) -> None:
        self._issue_id, self._worker_id = issue_id, worker_id
        self._connection = db.engine.connect()
        self._dialect = self._connection.dialect.name
        if self._dialect == "postgresql":
            # A change is one statement there: without BEGIN and COMMIT around it, it takes a third of the time.
            self._connection.execution_options(isolation_level="AUTOCOMMIT")
            # Planning costs more than a change of a few rows that are found by their numbers.
            with self._connection.begin():
                self._connection.execute(text("SET plan_cache_mode TO force_generic_plan"))
                self._connection.execute(text("SET enable_seqscan TO off"))
                # Written to the disk within three times wal_writer_delay, 0.6 seconds as it is delivered.
                self._connection.execute(text("SET synchronous_commit TO off"))
        self._on_disk_at = 0.0
        self._driver = Driver(self._connection)
        if Ledger._left_open:  # The database went away before an earlier run could give back what it had claimed.
            with self._connection.begin():
                self._connection.execute(_given_back(TABLE.c.claimed_by == worker_id))
        Ledger._left_open = True

    def close(self) -> None:
        with self._connection:
            self.give_back()
            Ledger._left_open = False
            self._connection.invalidate()  # Nobody else gets one that does not wait for the disk.

    def give_back(self) -> None:
        """Make due again whatever this worker claimed and did not decide. Nothing may be in hand."""
        mine = and_(TABLE.c.issue_id == self._issue_id, TABLE.c.claimed_by == self._worker_id, statements.UNDECIDED)
        with self._connection.begin():
            self._connection.execute(update(TABLE).where(mine).values(claimed_by=None))

    def claim(self, most: int) -> list[Any]:
        """Up to `most` deliveries that are due, marked as this worker's: rows of statements.recipients. Commits."""
        values = {"issue": self._issue_id, "worker": self._worker_id, "most": most, "moment": now()}
        mine = list(db.session.scalars(statements.CLAIM, values))
        recipients = db.session.execute(statements.recipients(self._dialect), {"ids": mine}).all()
        db.session.commit()
        return list(recipients)

    def waits_for_another(self, rows: Collection[Any]) -> dict[int, datetime]:
        """Until when the subscriptions of `rows` get no letter, for another issue that went to them or is about to.

        By subscription, those who need not wait left out. Commits.
        """
        ids = [row.subscription_id for row in rows]
        values = {"ids": ids, "issue": self._issue_id, "since": now() - daily.A_DAY}
        found = db.session.execute(statements.another(self._dialect), values).all()
        db.session.commit()
        return {
            subscription_id: sent_at + daily.A_DAY if sent_at else now() + self._gives_way_for(issue_id)
            for subscription_id, sent_at, issue_id in found
        }

    def _gives_way_for(self, issue_id: int) -> timedelta:
        """How long to wait and see whether the other issue goes. If each waits for the other, the older goes first."""
        return timedelta(minutes=1 if self._issue_id < issue_id else 5)

    def put_off(self, due: dict[int, datetime], tries: dict[int, int]) -> None:
        """Make these claimed deliveries due at a later moment, as if nobody had claimed them. Commits."""
        rows = [
            {"number0": number, "worker": self._worker_id, "due0": moment, "words0": "", "tries0": tries[number]}
            for number, moment in due.items()
        ]
        db.session.execute(statements.put_off(statements.listed(1)), rows)
        db.session.commit()

    def write(self, outcomes: Collection[Outcome], ready: Collection[int]) -> set[int]:
        """What the server answered, and what is handed over next: in one transaction on SQLite; on PostgreSQL in one
        statement for all that is decided or taken, after one for each that is put off.

        Gives which of `ready` may be handed over: not those who left meanwhile, and none if the issue is paused. Not a
        byte of a message goes out before this has returned.
        """
        decided, later = _sorted(outcomes)
        rows = [{"number": number, "words": "", "tries": 0} for number in ready]
        try:
            with self._driver.transaction(waits_for_disk=self._waits_for_disk()):
                shared = {"worker": self._worker_id, "issue": self._issue_id, "moment": self._driver.stored(now())}
                for outcome in later:
                    put_off = statements.put_off_in_doubt if outcome.kind == "unanswered" else statements.put_off
                    self._driver.run(statements.of_listed, put_off, 1, rows=[self._retry(outcome)], **shared)
                return self._settle(decided, rows, shared)
        except self._driver.errors as problem:
            raise DatabaseAway(str(problem)) from problem

    def _settle(self, decided: Rows, ready: list[dict[str, Any]], shared: dict[str, Any]) -> set[int]:
        """Decide and count those of each kind, and take in hand those that are ready; which of them are."""
        taken = self._change(decided, ready, shared)
        if left := [row for row in ready if row["number"] not in taken]:
            self._change({"skipped": left}, [], shared)
        return taken

    def _change(self, decided: Rows, ready: list[dict[str, Any]], shared: dict[str, Any]) -> set[int]:
        if self._dialect == "postgresql":
            return self._change_in_one({**decided, "ready": ready} if ready else decided, shared)
        more: dict[str, Any] = {f"more_{kind}": 0 for kind in statements.DECIDING}
        for kind, rows in decided.items():
            more[f"more_{kind}"] = self._change_listed(statements.DECIDING[kind], rows, shared).rowcount
        if any(more.values()):
            self._driver.run(statements.count_more, **shared, **more)
        return _numbers(self._change_listed(statements.take, ready, shared)) if ready else set()

    def _change_in_one(self, rows_of: Rows, shared: dict[str, Any]) -> set[int]:
        given: dict[str, Any] = {part: json.dumps(rows) for part, rows in rows_of.items()}
        return _numbers(self._driver.run(statements.in_one, tuple(rows_of), **given, **shared))

    def _change_listed(
        self, change: Callable[[statements.Given], Any], rows: list[dict[str, Any]], shared: dict[str, Any]
    ) -> Any:
        """`rows` are repeated up to a power of two, so that few statements serve any number of them."""
        rows = rows + rows[-1:] * ((1 << (len(rows) - 1).bit_length()) - len(rows))
        return self._driver.run(statements.of_listed, change, len(rows), rows=rows, **shared)

    def _waits_for_disk(self) -> bool:
        """SQLite once in a while only: see ON_DISK_EVERY_SECONDS. PostgreSQL has a process of its own for that."""
        if waits := time.monotonic() >= self._on_disk_at + ON_DISK_EVERY_SECONDS:
            self._on_disk_at = time.monotonic()
        return waits

    def _retry(self, outcome: Outcome) -> dict[str, Any]:
        recipient, attempts, _ = outcome.claimed
        stored = self._driver.stored(next_try_after(attempts))
        return {"number": recipient.delivery_id, "due": stored, "words": outcome.words, "tries": attempts + 1}


def _sorted(outcomes: Collection[Outcome]) -> tuple[Rows, list[Outcome]]:
    """What is decided, as rows by kind, and what is tried again."""
    decided: Rows = {}
    later = []
    for outcome in outcomes:
        if outcome.goes_again:
            later.append(outcome)
        else:
            # One refused before it was handed over was not counted as tried yet.
            recipient, attempts, _ = outcome.claimed
            words = IN_DOUBT if outcome.kind == "unanswered" else outcome.words
            row = {"number": recipient.delivery_id, "words": words, "tries": attempts + 1}
            decided.setdefault("sent" if outcome.kind == "sent" else "failed", []).append(row)
    return decided, later


def _numbers(found: Any) -> set[int]:
    return {number for (number,) in found.fetchall()}


def _given_back(whose: ColumnElement[bool]) -> Update:
    going = select(Issue.id).where(Issue.frozen_at.is_not(None), Issue.finished_at.is_(None))
    return update(TABLE).where(TABLE.c.issue_id.in_(going), statements.UNDECIDED, whose).values(claimed_by=None)


def _release(worker_ids: list[str]) -> None:
    """Make due again what workers claimed that are gone. What they had in hand goes under the same Message-ID."""
    db.session.execute(_given_back(TABLE.c.claimed_by.in_(worker_ids)))


WHEN_GONE.append(_release)


def release_ghosts() -> None:
    """Make due again what was claimed in the name of a worker that there is not: one taken for dead that went on, and
    died before anybody heard of it.
    """
    nobody = and_(TABLE.c.claimed_by.is_not(None), TABLE.c.claimed_by.not_in(select(Worker.id)))
    db.session.execute(_given_back(nobody))
