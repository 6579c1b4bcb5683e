"""How the list grows: who joined and who left, counted by day and by the page they came from as it happens."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db, insert_with_conflict

SOURCES_SHOWN = 20
IMPORT = "Import"


def page_or_import(source: str) -> str:
    """Under what a subscription's source is counted: a page here, or an import, whose file may say anything."""
    return source if not source or source.startswith(("/", f"{IMPORT} from ")) else IMPORT


class GrowthDay(Model):
    """One day (UTC) and one source, such as the page with the form: how many confirmed, and how many of it left."""

    __table_args__ = (CheckConstraint("joined >= 0 AND departed >= 0", name="counts_up"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    joined: Mapped[int] = mapped_column(default=0)
    departed: Mapped[int] = mapped_column(default=0)

    @classmethod
    def count(cls, source: str, *, joined: int = 0, departed: int = 0) -> None:
        """Add to today's numbers of `source`, in the caller's transaction, so that they hold or fall with it."""
        cls._add([{"source": source, "joined": joined, "departed": departed}])

    @classmethod
    def count_joined(cls, sources: Iterable[str]) -> None:
        """Add a joining for each of `sources`."""
        # In one order, so that no two transactions wait for each other.
        counted = sorted(Counter(sources).items())
        cls._add([{"source": source, "joined": number, "departed": 0} for source, number in counted])

    @classmethod
    def _add(cls, rows: list[dict[str, Any]]) -> None:
        adding = insert_with_conflict(cls).values([row | {"day": now().date()} for row in rows])
        more = {"joined": cls.joined + adding.excluded.joined, "departed": cls.departed + adding.excluded.departed}
        db.session.execute(adding.on_conflict_do_update(index_elements=["day", "source"], set_=more))


class Span(NamedTuple):
    """What happened from `day` on, for some days."""

    day: date
    joined: int
    departed: int


class OfSource(NamedTuple):
    source: str
    joined: int
    departed: int


def by_day(days: int) -> list[Span]:
    """Each of the last so many days, today included, oldest first."""
    first = now().date() - timedelta(days=days - 1)
    summed = select(GrowthDay.day, func.sum(GrowthDay.joined), func.sum(GrowthDay.departed))
    found = {
        day: Span(day, joined, departed)
        for day, joined, departed in db.session.execute(
            summed.where(GrowthDay.day >= first, GrowthDay.day <= now().date()).group_by(GrowthDay.day)
        )
    }
    every = (first + timedelta(days=number) for number in range(days))
    return [found.get(day) or Span(day, 0, 0) for day in every]


def by_week(weeks: int) -> list[Span]:
    """Each of the last so many spans of seven days, the last of which ends today."""
    days = by_day(weeks * 7)
    parts = [days[start : start + 7] for start in range(0, len(days), 7)]
    return [Span(part[0].day, sum(each.joined for each in part), sum(each.departed for each in part)) for part in parts]


def by_source(days: int) -> list[OfSource]:
    """The pages from which most joined in the last so many days."""
    joined, departed = func.sum(GrowthDay.joined), func.sum(GrowthDay.departed)
    summed = select(GrowthDay.source, joined, departed).where(GrowthDay.day > now().date() - timedelta(days=days))
    most = summed.group_by(GrowthDay.source).order_by(joined.desc(), GrowthDay.source).limit(SOURCES_SHOWN)
    return [OfSource(*row) for row in db.session.execute(most)]
