"""What a worker writes into the ledger while it sends: short statements over many rows, each in a short transaction.

They go past the ORM, on a connection of their own: this is where a large send spends its time.
"""

import random
import time
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    and_,
    select,
    update,
)

from app.clock import now
from app.extensions import db
from app.newsletter import ledger_statements as statements
from app.newsletter.ledger_driver import Change, Driver
from app.newsletter.ledger_statements import TABLE
from app.newsletter.messages import Recipient
from app.outbox.models import FIRST_RETRY, LONGEST_WAIT, Worker

# Waiting for the disk at each commit would halve the rate. A power cut repeats what went out since it was last waited
# for; a killed process, the message in hand.
ON_DISK_EVERY_SECONDS = 0.1
# After 1, 2, 4 … minutes and at last every four hours: about two days.
MOST_RETRIES = 19


class DatabaseAway(Exception):
    """The database does not answer just now. Written again later, the same changes nothing twice."""


class Claimed(NamedTuple):
    """A delivery that is this worker's to send, and how often it was tried."""

    recipient: Recipient
    attempts: int


class Outcome(NamedTuple):
    """What came of handing a message over: `kind` is "sent", "failed" or "later", `words` are the server's.

    `at_recipient` if they answer RCPT, and so are about the address.
    """

    claimed: Claimed
    kind: str
    words: str
    at_recipient: bool = False


class Ledger:
    """The pages of one issue, as one worker writes them."""

    def __init__(self, issue_id: int, worker_id: str) -> None:
        self._issue_id, self._worker_id = issue_id, worker_id
        self._connection = db.engine.connect()
        self._on_disk_at = 0.0
        self._driver = Driver(self._connection)
        self.give_back()  # What an earlier run of this worker had to leave when the database went away.

    def close(self) -> None:
        with self._connection:
            self.give_back()
            self._connection.invalidate()  # Nobody else gets one that does not wait for the disk.

    def give_back(self) -> None:
        """Make due again whatever this worker claimed and did not decide. Nothing may be in hand."""
        with self._connection.begin():
            self._connection.execute(update(TABLE).where(TABLE.c.claimed_by == self._worker_id).values(claimed_by=None))

    def claim(self, most: int) -> list[Any]:
        """Up to `most` deliveries that are due, marked as this worker's: rows of statements.RECIPIENTS."""
        with self._connection.begin():
            values = {"issue": self._issue_id, "worker": self._worker_id, "most": most, "moment": now()}
            mine = list(self._connection.scalars(statements.CLAIM, values))
            return list(self._connection.execute(statements.RECIPIENTS, {"ids": mine})) if mine else []

    def had_another(self, rows: Collection[Any], since: datetime) -> dict[int, datetime]:
        """When the subscriptions of `rows` were last sent another issue, if that was after `since`. One query."""
        values = {"ids": [row.subscription_id for row in rows], "issue": self._issue_id, "since": since}
        with self._connection.begin():
            return {
                subscription_id: at for subscription_id, at in self._connection.execute(statements.HAD_ANOTHER, values)
            }

    def put_off(self, due: dict[int, datetime], tries: dict[int, int]) -> None:
        """Make these claimed deliveries due at a later moment, as if nobody had claimed them."""
        rows = [
            {"number0": number, "worker": self._worker_id, "due0": moment, "words0": "", "tries0": tries[number]}
            for number, moment in due.items()
        ]
        with self._connection.begin():
            self._connection.execute(statements.put_off(1), rows)

    def write(self, outcomes: Collection[Outcome], ready: Collection[int]) -> set[int]:
        """One transaction: what the server answered, and what is handed over next.

        Gives which of `ready` may be handed over: not those who left meanwhile, and none if the issue is paused. Not a
        byte of a message goes out before this has returned.
        """
        sent, failed, later = _sorted(outcomes)
        changes = [
            (statements.sent, sent),
            (statements.failed, failed),
            *((statements.put_off, [self._retry(outcome)]) for outcome in later),
        ]
        try:
            with self._driver.transaction(waits_for_disk=self._waits_for_disk()):
                return self._write(changes, [{"number": number} for number in ready])
        except self._driver.errors as problem:
            raise DatabaseAway(str(problem)) from problem

    def _write(self, changes: Sequence[Change], ready: list[dict[str, Any]]) -> set[int]:
        shared = {"worker": self._worker_id, "issue": self._issue_id, "moment": self._driver.stored(now())}
        kinds = [(make, rows) for make, rows in [*changes, (statements.take, ready)] if rows]
        done = self._driver.run([self._driver.statement(make, rows, **shared) for make, rows in kinds])
        changed = {make: number for (make, _), (number, _) in zip(kinds, done, strict=True)}
        taken = {number for (number,) in done[-1][1]} if ready else set()
        left = [row for row in ready if row["number"] not in taken]
        skipped = self._driver.run([self._driver.statement(statements.skip, left, **shared)])[0][0] if left else 0
        more = {
            "more_sent": changed.get(statements.sent, 0),
            "more_failed": changed.get(statements.failed, 0),
            "more_skipped": skipped,
        }
        self._driver.run([self._driver.statement(statements.count, [], issue=self._issue_id, **more)], commit=True)
        return taken

    def _waits_for_disk(self) -> bool:
        """Once in a while only: see ON_DISK_EVERY_SECONDS."""
        if waits := time.monotonic() >= self._on_disk_at + ON_DISK_EVERY_SECONDS:
            self._on_disk_at = time.monotonic()
        return waits

    def _retry(self, outcome: Outcome) -> dict[str, Any]:
        recipient, attempts = outcome.claimed
        wait = min(FIRST_RETRY * 2 ** min(attempts, 12), LONGEST_WAIT)
        due = now() + wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret.
        stored = self._driver.stored(due)
        return {"number": recipient.delivery_id, "due": stored, "words": outcome.words, "tries": attempts + 1}


def _sorted(outcomes: Collection[Outcome]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Outcome]]:
    """What is sent and what has failed, as rows, and what is tried again."""
    later = [each for each in outcomes if each.kind == "later" and each.claimed.attempts < MOST_RETRIES]
    decided = [each for each in outcomes if each.kind != "later" or each.claimed.attempts >= MOST_RETRIES]
    rows = [({"number": each.claimed.recipient.delivery_id, "words": each.words}, each.kind) for each in decided]
    return [row for row, kind in rows if kind == "sent"], [row for row, kind in rows if kind != "sent"], later


def release_orphans() -> None:
    """Make due again what workers claimed that live no more. What they had in hand goes under the same Message-ID."""
    orphaned = and_(TABLE.c.claimed_by.is_not(None), TABLE.c.claimed_by.not_in(select(Worker.id)))
    db.session.execute(update(TABLE).where(orphaned).values(claimed_by=None))
