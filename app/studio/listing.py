"""Listings: newest first, a page at a time, searched and filtered by the database.

Pages are cut by row number, not by counting: the next one begins after the last row shown, whatever came in meanwhile,
and the thousandth costs as much as the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.extensions import db
from app.people.addresses import InvalidAddress, normalize
from app.people.forms import plain_line

Row = TypeVar("Row")
PAGE_LENGTH = 25
LARGEST_NUMBER = 2**31 - 1  # What both databases keep as a row number.
LONGEST_QUERY = 120


class Asked(NamedTuple):
    """What a listing's address asks for. Whatever makes no sense in it is as if it were not there."""

    query: str = ""
    state: str = ""
    before: int | None = None
    after: int | None = None

    @classmethod
    def by(cls, args: Mapping[str, str]) -> "Asked":
        return cls(
            query=plain_line(args.get("q", ""))[:LONGEST_QUERY],
            state=args.get("state", ""),
            before=_row_number(args.get("before", "")),
            after=_row_number(args.get("after", "")),
        )


def _row_number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return min(int(text), LARGEST_NUMBER)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and where to go on: rows `older` than the last shown, `newer` than the first."""

    rows: list[Row]
    asked: Asked
    states: list[str]
    older: int | None = None
    newer: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether an empty page may be due to what was asked for."""
        return bool(self.asked.query or self.asked.state)


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """Rows in the order of `number`, found by a part of any `searched` column, in one of `states`.

    `address` is a column that is unique and indexed: who types a whole address is answered without reading all rows.
    """

    rows: Select[Row]
    number: Any
    searched: tuple[Any, ...]
    states: dict[str, ColumnElement[bool]]
    address: Any = None

    def page(self, asked: Asked) -> Page[Row]:
        """The page `asked` for. One query, however long the listing is, and those its eager loads add."""
        if found := self._at_address(asked):
            return self._page(asked, found, newer=False, older=False)
        if asked.after is not None:
            later = self._matching(asked).where(self.number > asked.after).order_by(self.number)
            rows, more = _some(later)
            if more:
                return self._page(asked, rows[::-1], newer=True, older=True)
        older_than = [] if asked.before is None or asked.after is not None else [self.number < asked.before]
        rows, more = _some(self._matching(asked).where(*older_than).order_by(self.number.desc()))
        return self._page(asked, rows, newer=bool(older_than), older=more)

    def _at_address(self, asked: Asked) -> list[Row]:
        if self.address is None or "@" not in asked.query:
            return []
        try:
            address = normalize(asked.query)
        except InvalidAddress:
            return []
        return list(db.session.scalars(self._matching(asked._replace(query="")).where(self.address == address)))

    def _matching(self, asked: Asked) -> Select[Row]:
        wanted = self.rows
        if asked.query:
            wanted = wanted.where(or_(*(column.icontains(asked.query, autoescape=True) for column in self.searched)))
        if asked.state in self.states:
            wanted = wanted.where(self.states[asked.state])
        return wanted

    def _page(self, asked: Asked, rows: list[Row], *, newer: bool, older: bool) -> Page[Row]:
        number = self.number.key
        return Page(
            rows,
            asked,
            list(self.states),
            older=getattr(rows[-1], number) if rows and older else None,
            newer=getattr(rows[0], number) if rows and newer else None,
        )


def _some(wanted: Select[Row]) -> tuple[list[Row], bool]:
    """A page of `wanted`, and whether there is more."""
    rows = list(db.session.scalars(wanted.limit(PAGE_LENGTH + 1)))
    return rows[:PAGE_LENGTH], len(rows) > PAGE_LENGTH


def by_first_moment(moments: dict[str, Any], otherwise: str) -> dict[str, ColumnElement[bool]]:
    """Conditions for states that rows tell by their moments: the first that is set names the state."""
    conditions: dict[str, ColumnElement[bool]] = {}
    earlier: list[ColumnElement[bool]] = []
    for state, moment in moments.items():
        conditions[state] = and_(moment.is_not(None), *earlier)
        earlier.append(moment.is_(None))
    return conditions | {otherwise: and_(*earlier)}


def count_up_to(limit: int, rows: Select[Any]) -> int:
    """How many `rows` there are, counted no further than `limit`."""
    return db.session.scalar(select(func.count()).select_from(rows.limit(limit).subquery())) or 0
