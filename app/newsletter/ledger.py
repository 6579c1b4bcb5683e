"""What a worker writes into the ledger while it sends: short statements over many rows, each in a short transaction.

They go past the ORM, on a connection of their own: this is where a large send spends its time.
"""

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Table,
    Update,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    not_,
    select,
    true,
    update,
)

from app.clock import now
from app.extensions import UTCDateTime, db
from app.newsletter.deliveries import Delivery
from app.newsletter.issues import Issue
from app.newsletter.messages import Recipient
from app.newsletter.models import Subscription
from app.outbox.models import FIRST_RETRY, LONGEST_WAIT, Worker
from app.people.models import Person

# Waiting for the disk at each commit would halve the rate. A power cut repeats what went out since it was last waited
# for; a killed process, the message in hand.
ON_DISK_EVERY_SECONDS = 0.1
# After 1, 2, 4 … minutes and at last every four hours: about two days.
MOST_RETRIES = 19
LEFT = "left the list, or paused, before it went"


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


TABLE: Table = Delivery.__table__  # type: ignore[assignment]  # Every mapped class has a Table.
COUNTERS: Table = Issue.__table__  # type: ignore[assignment]
_MOMENT = bindparam("moment", type_=UTCDateTime)
_UNDECIDED = and_(TABLE.c.sent_at.is_(None), TABLE.c.failed_at.is_(None), TABLE.c.skipped_at.is_(None))
# A scalar subquery, because PostgreSQL may turn an EXISTS into a walk through all subscriptions.
_TAKES_LETTERS = func.coalesce(
    select(true())
    .where(Subscription.id == TABLE.c.subscription_id, Subscription.takes_letters(_MOMENT))
    .scalar_subquery(),
    false(),
)
_ISSUE_GOES = exists().where(Issue.id == bindparam("issue"), Issue.paused_at.is_(None), Issue.cancelled_at.is_(None))
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)

_DUE = (
    select(TABLE.c.id)
    .where(TABLE.c.issue_id == bindparam("issue"), TABLE.c.due_at <= _MOMENT, TABLE.c.claimed_by.is_(None), _UNDECIDED)
    .order_by(TABLE.c.due_at, TABLE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_CLAIM = update(TABLE).where(TABLE.c.id.in_(_DUE)).values(claimed_by=bindparam("worker")).returning(TABLE.c.id)
_RECIPIENTS = (
    select(TABLE.c.id, Person.id, Person.email, Person.name, Person.created_at, TABLE.c.attempts)
    .add_columns(
        TABLE.c.subscription_id, Subscription.quiet_from_hour, Subscription.quiet_to_hour, Subscription.time_zone
    )
    .join(Subscription, Subscription.id == TABLE.c.subscription_id)
    .join(Person, Person.id == Subscription.person_id)
    .where(TABLE.c.id.in_(_IDS))
    .order_by(TABLE.c.id)
)
_HAD_ANOTHER = (
    select(TABLE.c.subscription_id, func.max(TABLE.c.sent_at, type_=UTCDateTime))
    .where(TABLE.c.subscription_id.in_(_IDS), TABLE.c.issue_id != bindparam("issue"))
    .where(TABLE.c.sent_at > bindparam("since", type_=UTCDateTime))
    .group_by(TABLE.c.subscription_id)
)


def _mine(count: int) -> ColumnElement[bool]:
    """That a row is one of `count` that this worker claimed, and not decided."""
    return and_(TABLE.c.id.in_(_numbers(count)), TABLE.c.claimed_by == bindparam("worker"), _UNDECIDED)


def _numbers(count: int) -> list[BindParameter[Any]]:
    return [bindparam(f"number{index}") for index in range(count)]


def _words(count: int) -> Any:
    """What the server said of each of `count` rows."""
    return case(*((TABLE.c.id == number, bindparam(f"words{index}")) for index, number in enumerate(_numbers(count))))


def _take(count: int) -> Update:
    taken = update(TABLE).where(_mine(count), _TAKES_LETTERS, _ISSUE_GOES)
    return taken.values(handed_at=_MOMENT, attempts=TABLE.c.attempts + 1).returning(TABLE.c.id)


def _skip(count: int) -> Update:
    return (
        update(TABLE).where(_mine(count), not_(_TAKES_LETTERS)).values(skipped_at=_MOMENT, claimed_by=None, answer=LEFT)
    )


def _sent(count: int) -> Update:
    return update(TABLE).where(_mine(count)).values(sent_at=_MOMENT, claimed_by=None, answer=_words(count))


def _failed(count: int) -> Update:
    return update(TABLE).where(_mine(count)).values(failed_at=_MOMENT, claimed_by=None, answer=_words(count))


_PUT_OFF = (
    update(TABLE)
    .where(_mine(1))
    .values(
        due_at=bindparam("due", type_=UTCDateTime),
        claimed_by=None,
        answer=bindparam("words0"),
        attempts=bindparam("tries"),
    )
)


def _count(_: int) -> Update:
    more = {name: COUNTERS.c[name] + bindparam(f"more_{name}") for name in ("sent", "failed", "skipped")}
    return update(COUNTERS).where(COUNTERS.c.id == bindparam("issue")).values(more)


class Driver:
    """Statements compiled once for the driver, which gets their parameters as they are."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[tuple[Any, int], Any] = {}
        self.stored = UTCDateTime().bind_processor(dialect) or (lambda moment: moment)

    def run(
        self, connection: Connection, make: Callable[[int], Update], rows: list[dict[str, Any]], **shared: Any
    ) -> CursorResult[Any]:
        """Run the statement that `make` gives for so many rows. A row's values stand under its names and its place."""
        if (make, len(rows)) not in self._compiled:
            self._compiled[make, len(rows)] = make(len(rows)).compile(dialect=self._dialect)
        compiled = self._compiled[make, len(rows)]
        values = compiled.params | shared
        for index, row in enumerate(rows):
            for name, value in row.items():
                values[f"{name}{index}"] = value
        order = compiled.positiontup
        return connection.exec_driver_sql(str(compiled), tuple(values[name] for name in order) if order else values)


class Ledger:
    """The pages of one issue, as one worker writes them."""

    def __init__(self, issue_id: int, worker_id: str) -> None:
        self._issue_id, self._worker_id = issue_id, worker_id
        self._connection = db.engine.connect()
        self._on_disk_at = 0.0
        self._driver = Driver(db.engine.dialect)
        self.give_back()  # What an earlier run of this worker had to leave when the database went away.

    def close(self) -> None:
        with self._connection:
            self.give_back()

    def give_back(self) -> None:
        """Make due again whatever this worker claimed and did not decide. Nothing may be in hand."""
        with self._transaction() as connection:
            connection.execute(update(TABLE).where(TABLE.c.claimed_by == self._worker_id).values(claimed_by=None))

    def claim(self, most: int) -> list[Any]:
        """Up to `most` deliveries that are due, marked as this worker's: rows of _RECIPIENTS."""
        with self._transaction() as connection:
            values = {"issue": self._issue_id, "worker": self._worker_id, "most": most, "moment": now()}
            mine = list(connection.scalars(_CLAIM, values))
            return list(connection.execute(_RECIPIENTS, {"ids": mine})) if mine else []

    def had_another(self, rows: Collection[Any], since: datetime) -> dict[int, datetime]:
        """When the subscriptions of `rows` were last sent another issue, if that was after `since`. One query."""
        values = {"ids": [row.subscription_id for row in rows], "issue": self._issue_id, "since": since}
        with self._transaction() as connection:
            return {subscription_id: at for subscription_id, at in connection.execute(_HAD_ANOTHER, values)}

    def put_off(self, due: dict[int, datetime], tries: dict[int, int]) -> None:
        """Make these claimed deliveries due at a later moment, as if nobody had claimed them."""
        rows = [self._late(number, moment, "", tries[number]) for number, moment in due.items()]
        with self._transaction() as connection:
            connection.execute(_PUT_OFF, rows)

    def write(self, outcomes: Collection[Outcome], ready: Collection[int]) -> set[int]:
        """One transaction: what the server answered, and what is handed over next.

        Gives which of `ready` may be handed over: not those who left meanwhile, and none if the issue is paused. Not a
        byte of a message goes out before this has returned.
        """
        sent, failed, later = _sorted(outcomes)
        with self._transaction() as connection:
            more = {"sent": self._change(connection, _sent, sent), "failed": self._change(connection, _failed, failed)}
            if later:
                connection.execute(_PUT_OFF, [self._retry(outcome) for outcome in later])
            taken = self._take_in_hand(connection, ready)
            left = [{"number": number} for number in ready if number not in taken]
            more["skipped"] = self._change(connection, _skip, left)
            if any(more.values()):
                counts = {f"more_{name}": number for name, number in more.items()}
                self._driver.run(connection, _count, [], issue=self._issue_id, **counts)
        return taken

    def _take_in_hand(self, connection: Connection, ready: Collection[int]) -> set[int]:
        if not ready:
            return set()
        rows = [{"number": number} for number in ready]
        return set(self._driver.run(connection, _take, rows, **self._shared()).scalars())

    def _change(self, connection: Connection, make: Callable[[int], Update], rows: list[dict[str, Any]]) -> int:
        """How many rows it changed; one that another worker has taken over meanwhile is that worker's."""
        return self._driver.run(connection, make, rows, **self._shared()).rowcount if rows else 0

    def _shared(self) -> dict[str, Any]:
        return {"worker": self._worker_id, "issue": self._issue_id, "moment": self._driver.stored(now())}

    def _retry(self, outcome: Outcome) -> dict[str, Any]:
        recipient, attempts = outcome.claimed
        wait = min(FIRST_RETRY * 2 ** min(attempts, 12), LONGEST_WAIT)
        due = now() + wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret.
        return self._late(recipient.delivery_id, due, outcome.words, attempts + 1)

    def _late(self, number: int, due: datetime, words: str, tries: int) -> dict[str, Any]:
        return {"number0": number, "worker": self._worker_id, "due": due, "words0": words, "tries": tries}

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction that waits for the disk at its end once in a while only."""
        waits = time.monotonic() >= self._on_disk_at + ON_DISK_EVERY_SECONDS
        self._connection.execution_options(behind_the_disk=not waits)
        with self._connection.begin():
            yield self._connection
        if waits:
            self._on_disk_at = time.monotonic()


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
