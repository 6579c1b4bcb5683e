"""The statements by which a worker changes the ledger, each for many rows at once."""

from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    SmallInteger,
    Table,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    case,
    cast,
    column,
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
from sqlalchemy.dialects.postgresql import JSONB

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

_DUE = (
    select(TABLE.c.id)
    .where(TABLE.c.issue_id == bindparam("issue"), TABLE.c.due_at <= _MOMENT, TABLE.c.claimed_by.is_(None), UNDECIDED)
    .order_by(TABLE.c.due_at, TABLE.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
CLAIM = update(TABLE).where(TABLE.c.id.in_(_DUE)).values(claimed_by=bindparam("worker")).returning(TABLE.c.id)
_RECIPIENTS = (
    select(TABLE.c.id, Person.id, Person.email, Person.name, Person.created_at, TABLE.c.attempts, TABLE.c.unanswered)
    .add_columns(
        TABLE.c.subscription_id, Subscription.quiet_from_hour, Subscription.quiet_to_hour, Subscription.time_zone
    )
    .join(Subscription, Subscription.id == TABLE.c.subscription_id)
    .join(Person, Person.id == Subscription.person_id)
    .order_by(TABLE.c.id)
)
_IS_ABOUT_TO_GO = and_(TABLE.c.claimed_by.is_not(None), UNDECIDED)
_ANOTHER = (
    select(TABLE.c.subscription_id, func.max(TABLE.c.sent_at, type_=UTCDateTime))
    .add_columns(func.max(case((_IS_ABOUT_TO_GO, TABLE.c.issue_id))))
    .where(TABLE.c.issue_id != bindparam("issue"))
    .where(or_(TABLE.c.sent_at > bindparam("since", type_=UTCDateTime), _IS_ABOUT_TO_GO))
    .group_by(TABLE.c.subscription_id)
)


def recipients(dialect: str) -> Select[Any]:
    return _RECIPIENTS.where(_is_among_ids(TABLE.c.id, dialect))


def another(dialect: str) -> Select[Any]:
    return _ANOTHER.where(_is_among_ids(TABLE.c.subscription_id, dialect))


def _is_among_ids(number: ColumnElement[int], dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":  # Which reads one array much faster than hundreds of parameters.
        return number == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    return number.in_(bindparam("ids", expanding=True))


class Given(NamedTuple):
    """Rows of the ledger that a statement is given: which they are, what the server said of each, and how often each
    was tried.
    """

    which: ColumnElement[bool]
    words: ColumnElement[str]
    tries: ColumnElement[int]


def listed(count: int) -> Given:
    """So many, each parameter with its place: number0, words0, tries0, number1 and on."""
    numbers: list[BindParameter[int]] = [bindparam(f"number{index}") for index in range(count)]

    def of_each(name: str) -> ColumnElement[Any]:
        return case(*((TABLE.c.id == number, bindparam(f"{name}{index}")) for index, number in enumerate(numbers)))

    return Given(TABLE.c.id.in_(numbers), of_each("words"), of_each("tries"))


def in_json(part: str) -> Given:
    """Any number, in one parameter, which is read faster than many or than arrays: for PostgreSQL."""
    columns = column("number", BigInteger), column("words", Text), column("tries", SmallInteger)
    given = cast(bindparam(part, type_=Text), JSONB)
    rows = func.jsonb_to_recordset(given).table_valued(*columns, name=part).render_derived(with_types=True)
    return Given(TABLE.c.id == rows.c.number, rows.c.words, rows.c.tries)


def _change(given: Given, *conditions: ColumnElement[bool], **values: Any) -> Update:
    """Of those of the `given` that this worker claimed, and that are not decided."""
    mine = and_(given.which, TABLE.c.claimed_by == bindparam("worker"), UNDECIDED)
    return update(TABLE).where(mine, *conditions).values(values)


def take(given: Given) -> Any:
    taken = _change(given, _TAKES_LETTERS, _ISSUE_GOES, handed_at=_MOMENT, attempts=TABLE.c.attempts + 1)
    return taken.returning(TABLE.c.id)


def skip(given: Given) -> Update:
    return _change(given, not_(_TAKES_LETTERS), skipped_at=_MOMENT, claimed_by=None, answer=LEFT)


def sent(given: Given) -> Update:
    return _change(given, sent_at=_MOMENT, claimed_by=None, answer=given.words)


def failed(given: Given) -> Update:
    return _change(given, failed_at=_MOMENT, claimed_by=None, answer=given.words, attempts=given.tries)


def put_off(given: Given) -> Update:
    """Of one row at a time: each has its own moment."""
    due = bindparam("due0", type_=UTCDateTime)
    return _change(given, claimed_by=None, answer=given.words, attempts=given.tries, due_at=due)


def put_off_in_doubt(given: Given) -> Update:
    """Of one that the server had all of, and did not answer."""
    return put_off(given).values(unanswered=TABLE.c.unanswered + 1)


DECIDING: dict[str, Callable[[Given], Update]] = {"sent": sent, "failed": failed, "skipped": skip}


def count_more() -> Update:
    more = {name: COUNTERS.c[name] + bindparam(f"more_{name}") for name in DECIDING}
    return update(COUNTERS).where(COUNTERS.c.id == bindparam("issue")).values(more)


def of_listed(change: Callable[[Given], Any], count: int) -> Any:
    return change(listed(count))


def in_one(parts: tuple[str, ...]) -> Select[Any]:
    """Rows of each kind among `parts` decided and counted, and those taken in hand that are "ready", in one statement:
    for PostgreSQL, which can change rows in a WITH. Gives the numbers of those in hand.
    """
    kinds = [part for part in parts if part != "ready"]
    done = {kind: DECIDING[kind](in_json(kind)).returning(TABLE.c.id).cte(f"{kind}_now") for kind in kinds}
    more = {
        kind: COUNTERS.c[kind] + select(func.count()).select_from(rows).scalar_subquery() for kind, rows in done.items()
    }
    counted = update(COUNTERS).where(COUNTERS.c.id == bindparam("issue")).values(more).returning(COUNTERS.c.id)
    in_hand = take(in_json("ready")).cte("in_hand") if "ready" in parts else None
    numbers = select(literal(0)).where(false()) if in_hand is None else select(in_hand.c.id)
    return numbers.add_cte(*done.values(), *([counted.cte("counted")] if done else []))
