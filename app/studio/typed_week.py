"""The hours of a week as the owner types them: rows of from and to, several a day."""

import re
from itertools import zip_longest
from typing import NamedTuple, Self

from werkzeug.datastructures import MultiDict

from app.coaching.availability.hours import A_DAY, DAY_NAMES, clock, in_words, overlapping
from app.coaching.availability.slots import Hours

LEAST_ROWS = 2
MOST_ROWS = 12
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::00)?")
UNREADABLE = "{text} is no time. Write it like 09:30, with 24 hours to a day."
NO_STEP = "{text} is between two steps of five minutes. Write {near}, for one."
NOTHING = "{text} is both the beginning and the end. For all day and all night write 00:00 to 00:00."


class BadHours(Exception):
    """The message says what is wrong with what was typed, and what to do."""


class Row(NamedTuple):
    """What stands in one row of the editor."""

    start: str = ""
    end: str = ""

    @property
    def words(self) -> str:
        """What it means, if it means something."""
        try:
            return in_words(*interval(self.start, self.end))
        except BadHours:
            return ""


def interval(start: str, end: str) -> tuple[int, int]:
    """The minutes that were typed; what ends no later than it begins ends on the day after. Raises BadHours."""
    if not (start and end):
        raise BadHours("Say both from when and until when, or leave both empty.")
    first, last = _minute(start), _minute(end)
    if first == A_DAY:
        first = 0
    if first == last and first:
        raise BadHours(NOTHING.format(text=start))
    return first, last if last > first else last + A_DAY


def _minute(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else A_DAY + 1
    if minute > A_DAY:
        raise BadHours(UNREADABLE.format(text=text))
    if minute % 5:
        raise BadHours(NO_STEP.format(text=text, near=clock(minute // 5 * 5)))
    return minute


class TypedWeek:
    """The rows of each day, what they mean, and what is wrong with them."""

    def __init__(self, days: list[list[Row]]) -> None:
        self.days = days
        self.week: list[Hours] = []
        self.errors: dict[int, str] = {}
        for weekday, rows in enumerate(days):
            self._read(weekday, rows)
        if not self.errors:
            self._refuse_overlaps()

    @classmethod
    def of(cls, week: list[Hours]) -> Self:
        """Hours as they stand."""
        days: list[list[Row]] = [[] for _ in DAY_NAMES]
        for weekday, start, end in week:
            days[weekday].append(Row(clock(start), clock(end % A_DAY)))
        return cls(days)

    @classmethod
    def sent(cls, fields: MultiDict[str, str]) -> Self:
        """Hours as they were typed, without the rows left empty."""
        days = []
        for weekday in range(len(DAY_NAMES)):
            sent = zip_longest(fields.getlist(f"from-{weekday}"), fields.getlist(f"to-{weekday}"), fillvalue="")
            rows = [Row(start.strip(), end.strip()) for start, end in sent]
            days.append([row for row in rows if any(row)])
        return cls(days)

    def with_weekdays_like_monday(self) -> "TypedWeek":
        return TypedWeek([self.days[0]] * 5 + self.days[5:])

    @property
    def rows(self) -> list[tuple[str, list[Row]]]:
        """Each day's name and its rows, with one to spare at least."""
        spare = [[Row()] * max(1, LEAST_ROWS - len(rows)) for rows in self.days]
        return [(name, [*rows, *more]) for name, rows, more in zip(DAY_NAMES, self.days, spare, strict=True)]

    def _read(self, weekday: int, rows: list[Row]) -> None:
        if len(rows) > MOST_ROWS:
            self.errors[weekday] = (
                f"A day holds at most {MOST_ROWS} rows. Make one row of those that follow each other."
            )
        for row in rows:
            try:
                self.week.append(Hours(weekday, *interval(row.start, row.end)))
            except BadHours as problem:
                self.errors.setdefault(weekday, str(problem))

    def _refuse_overlaps(self) -> None:
        if found := overlapping(self.week):
            one, other = (f"{DAY_NAMES[hours.weekday]}\u2019s {in_words(*hours[1:])}" for hours in found)
            self.errors[found[0].weekday] = f"{one} and {other} overlap. Make one interval of them, or shorten one."
