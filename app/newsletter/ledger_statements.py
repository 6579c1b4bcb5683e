"""The statements by which a worker changes the ledger, each for so many rows at once.

A row's parameters carry its place: number0, words0, number1 and on.
"""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
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

from app.extensions import UTCDateTime
from app.newsletter.deliveries import Delivery
from app.newsletter.issues import Issue
from app.newsletter.models import Subscription
from app.people.models import Person

LEFT = "left the list, or paused, before it went"
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
CLAIM = update(TABLE).where(TABLE.c.id.in_(_DUE)).values(claimed_by=bindparam("worker")).returning(TABLE.c.id)
RECIPIENTS = (
    select(TABLE.c.id, Person.id, Person.email, Person.name, Person.created_at, TABLE.c.attempts)
    .add_columns(
        TABLE.c.subscription_id, Subscription.quiet_from_hour, Subscription.quiet_to_hour, Subscription.time_zone
    )
    .join(Subscription, Subscription.id == TABLE.c.subscription_id)
    .join(Person, Person.id == Subscription.person_id)
    .where(TABLE.c.id.in_(_IDS))
    .order_by(TABLE.c.id)
)
HAD_ANOTHER = (
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


def take(count: int) -> Update:
    taken = update(TABLE).where(_mine(count), _TAKES_LETTERS, _ISSUE_GOES)
    return taken.values(handed_at=_MOMENT, attempts=TABLE.c.attempts + 1).returning(TABLE.c.id)


def skip(count: int) -> Update:
    return (
        update(TABLE).where(_mine(count), not_(_TAKES_LETTERS)).values(skipped_at=_MOMENT, claimed_by=None, answer=LEFT)
    )


def sent(count: int) -> Update:
    return update(TABLE).where(_mine(count)).values(sent_at=_MOMENT, claimed_by=None, answer=_words(count))


def failed(count: int) -> Update:
    return update(TABLE).where(_mine(count)).values(failed_at=_MOMENT, claimed_by=None, answer=_words(count))


def put_off(count: int) -> Update:
    """Of one row at a time: each has its own moment."""
    later = {
        "due_at": bindparam("due0", type_=UTCDateTime),
        "attempts": bindparam("tries0"),
        "answer": bindparam("words0"),
    }
    return update(TABLE).where(_mine(count)).values(claimed_by=None, **later)


def count(_: int) -> Update:
    more = {name: COUNTERS.c[name] + bindparam(f"more_{name}") for name in ("sent", "failed", "skipped")}
    return update(COUNTERS).where(COUNTERS.c.id == bindparam("issue")).values(more)
