"""Subscribers as CSV that a spreadsheet shows and never runs, and that can be imported again."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import contains_eager, selectinload

from app.extensions import db
from app.newsletter.in_and_out.cells import QuietHours
from app.newsletter.models import MAILABLE, Subscription
from app.people.models import Person
from app.people.suppressions import Suppression

COLUMNS = (
    *("email", "name", "status", "topics", "tags", "career_stage", "source"),
    *("requested_at", "confirmed_at", "left_at", "suppressed", "paused_until", "quiet_hours"),
)
BATCH = 1000
# What a spreadsheet takes for a formula, or what it drops before looking for one (OWASP, CSV injection). A spreadsheet
# that parts cells by another sign than the comma sees one begin after that sign, too.
_SIGN, _SPACE = r"=+\-@＝＋－＠", r"[^\S\t\r\n]"  # noqa: RUF001
_FORMULA = rf"(?:^(?='*{_SPACE}*[{_SIGN}\t\r\n])|(?<=[;,|\t\r\n])(?=(?:['\"]|{_SPACE})*[{_SIGN}]))"
_BEFORE_FORMULA = re.compile(_FORMULA)
_ESCAPE = re.compile(rf"{_FORMULA}'")


def escaped(cell: str) -> str:
    """The cell with an apostrophe before whatever in it a spreadsheet could take for a formula."""
    return _BEFORE_FORMULA.sub("'", cell)


def unescaped(cell: str) -> str:
    """What `escaped` was given."""
    return _ESCAPE.sub("", cell)


def portions(*, everybody: bool = False) -> Iterator[str]:
    """The file, piece by piece: those on the list, or `everybody` who ever was, and who must never be.

    Read in batches by number, each in a transaction of its own, so that nothing waits for a slow reader.
    """
    yield _as_csv([COLUMNS])
    chosen = select(Subscription).join(Subscription.person)
    if not everybody:
        chosen = chosen.where(MAILABLE)
    chosen = chosen.options(
        contains_eager(Subscription.person), selectinload(Subscription.topics), selectinload(Subscription.tags)
    )
    for batch in _batches(chosen, Subscription.id):
        reasons = _reasons([row.person.email for row in batch])
        yield _as_csv([_cells(row, reasons.get(row.person.email, "")) for row in batch])
    if everybody:
        of_nobody = select(Suppression).where(
            Suppression.address.is_not(None),
            ~exists().where(Person.email == Suppression.address, Subscription.person_id == Person.id),
        )
        for batch in _batches(of_nobody, Suppression.id):
            yield _as_csv([(row.address, "", "suppressed", *[""] * 7, row.reason, "", "") for row in batch])


def _batches(rows: Select[Any], number: Any) -> Iterator[list[Any]]:
    last: int | None = 0
    while last is not None:
        db.session.rollback()
        db.session.connection(execution_options={"only_reads": True})
        batch = list(db.session.scalars(rows.where(number > last).order_by(number).limit(BATCH)))
        last = batch[-1].id if len(batch) == BATCH else None
        yield batch


def _reasons(addresses: list[str]) -> dict[str, str]:
    entries = select(Suppression.address, Suppression.reason).where(Suppression.address.in_(addresses))
    return {row.address: row.reason for row in db.session.execute(entries) if row.address}


def _cells(row: Subscription, suppressed: str) -> tuple[str, ...]:
    status = "suppressed" if suppressed else row.state
    is_paused = status == "active" and row.is_paused
    return (
        row.person.email,
        row.person.name,
        "paused" if is_paused else status,
        _list([topic.key for topic in row.topics]),
        _list([tag.name for tag in row.tags]),
        row.career_stage,
        row.source,
        _moment(row.requested_at),
        _moment(row.confirmed_at),
        _moment(row.unsubscribed_at),
        suppressed,
        _moment(row.paused_until) if is_paused else "",
        _quiet_hours(row) if status == "active" else "",
    )


def _quiet_hours(row: Subscription) -> str:
    if row.quiet_from_hour is None or row.quiet_to_hour is None:
        return ""
    return str(QuietHours(row.quiet_from_hour, row.quiet_to_hour, row.time_zone))


def _list(words: list[str]) -> str:
    if any(re.search('[",;]', word) for word in words):
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(words)
        return out.getvalue()
    return ", ".join(words)


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _as_csv(rows: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([escaped(cell) for cell in row] for row in rows)
    return out.getvalue()
