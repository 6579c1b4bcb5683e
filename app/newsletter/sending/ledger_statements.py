"""The statements by which a worker changes the ledger, each for so many rows at once.

A row's parameters carry its place: number0, words0, number1 and on.
"""

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    update,
)

from app.extensions import UTCDateTime
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.people.models import Person

LEFT = "left the list, or paused, before it went"
TABLE: Table = Delivery.__table__  # type: ignore[assignment]  # Every mapped class has a Table.
COUNTERS: Table = Issue.__table__  # type: ignore[assignment]
_MOMENT = bindparam("moment", type_=UTCDateTime)
UNDECIDED = and_(TABLE.c.sent_at.is_(None), TABLE.c.failed_at.is_(None), TABLE.c.skipped_at.is_(None))
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
    .where(TABLE.c.issue_id == bindparam("issue"), TABLE.c.due_at <= _MOMENT, TABLE.c.claimed_by.is_(None), UNDECIDED)
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
    select(TABLE.c.subscription_id, func.max(func.coalesce(TABLE.c.sent_at, _MOMENT), type_=UTCDateTime))
    .where(TABLE.c.subscription_id.in_(_IDS), TABLE.c.issue_id != bindparam("issue"))
    .where(
        or_(TABLE.c.sent_at > bindparam("since", type_=UTCDateTime), and_(TABLE.c.claimed_by.is_not(None), UNDECIDED))
    )
    .group_by(TABLE.c.subscription_id)
)


def _mine(count: int, part: str = "") -> ColumnElement[bool]:
    """That a row is one of `count` that this worker claimed, and not decided."""
    return and_(TABLE.c.id.in_(_numbers(count, part)), TABLE.c.claimed_by == bindparam("worker"), UNDECIDED)


def _numbers(count: int, part: str) -> list[BindParameter[Any]]:
    return [bindparam(f"{part}number{index}") for index in range(count)]


def _of_each(count: int, part: str, name: str) -> Any:
    """The value called `name` of each of `count` rows, such as the "words" of the server."""
    numbers = enumerate(_numbers(count, part))
    return case(*((TABLE.c.id == number, bindparam(f"{part}{name}{index}")) for index, number in numbers))


def take(count: int, part: str = "") -> Update:
    taken = update(TABLE).where(_mine(count, part), _TAKES_LETTERS, _ISSUE_GOES)
    return taken.values(handed_at=_MOMENT, attempts=TABLE.c.attempts + 1)


def take_and_tell(count: int) -> Any:
    return take(count).returning(TABLE.c.id)


def skip(count: int, part: str = "") -> Update:
    left = update(TABLE).where(_mine(count, part), not_(_TAKES_LETTERS))
    return left.values(skipped_at=_MOMENT, claimed_by=None, answer=LEFT)


def sent(count: int, part: str = "") -> Update:
    return (
        update(TABLE)
        .where(_mine(count, part))
        .values(sent_at=_MOMENT, claimed_by=None, answer=_of_each(count, part, "words"))
    )


def failed(count: int, part: str = "") -> Update:
    words, tries = _of_each(count, part, "words"), _of_each(count, part, "tries")
    refused = update(TABLE).where(_mine(count, part))
    return refused.values(failed_at=_MOMENT, claimed_by=None, answer=words, attempts=tries)


def put_off(count: int) -> Update:
    """Of one row at a time: each has its own moment."""
    later = {
        "due_at": bindparam("due0", type_=UTCDateTime),
        "attempts": bindparam("tries0"),
        "answer": bindparam("words0"),
    }
    return update(TABLE).where(_mine(count)).values(claimed_by=None, **later)


DECIDING = {"sent": sent, "failed": failed, "skipped": skip}


def count_more() -> Update:
    more = {name: COUNTERS.c[name] + bindparam(f"more_{name}") for name in DECIDING}
    return update(COUNTERS).where(COUNTERS.c.id == bindparam("issue")).values(more)


def in_one(decided: tuple[tuple[str, int], ...], ready: int) -> Select[Any]:
    """So many rows of each kind decided and counted, and so many taken in hand, in one statement: for PostgreSQL, which
    can change rows in a WITH. The parameters of a kind begin with its name, those of `ready` with "ready". Gives the
    numbers of those in hand.
    """
    done = {name: DECIDING[name](count, name).returning(TABLE.c.id).cte(f"{name}_now") for name, count in decided}
    counted = (
        update(COUNTERS)
        .where(COUNTERS.c.id == bindparam("issue"))
        .values(
            {n: COUNTERS.c[n] + select(func.count()).select_from(rows).scalar_subquery() for n, rows in done.items()}
        )
        .returning(COUNTERS.c.id)
        .cte("counted")
    )
    in_hand = take(ready, "ready").returning(TABLE.c.id).cte("in_hand") if ready else None
    numbers = select(literal(0)).where(false()) if in_hand is None else select(in_hand.c.id)
    return numbers.add_cte(*done.values(), *([counted] if done else []))
