"""From a row of a CSV file to what it says of a person: address, name, standing, and what else there is."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.newsletter.in_and_out.cells import (
    CellTrouble,
    QuietHours,
    career_stage,
    is_plain_answer,
    line,
    past_moment,
    pause_end,
    puts_day_first,
    quiet_hours,
    word,
    words,
)
from app.newsletter.in_and_out.csv_reading import Row, Table, UnreadableFile
from app.newsletter.in_and_out.export_csv import unescaped
from app.newsletter.in_and_out.import_standing import Signs
from app.newsletter.in_and_out.import_systems import (
    KEEP_OUT,
    OUR_OWN,
    STANDINGS,
    SYSTEMS,
    Standing,
    guess_columns,
    recognize,
)
from app.newsletter.offer import Topic
from app.people.addresses import InvalidAddress, domain_of, normalize
from app.people.suppressions import BY_OWNER, COMPLAINT, HARD_BOUNCE, REASONS

MOST_TAGS = 200
# The moments in a row, and the column that may hold a date in their place.
_MOMENTS = {"signed_up_at": "subscribed", "confirmed_at": "confirmed", "left_at": ""}
_DATES = (*_MOMENTS, "subscribed", "confirmed", "paused_until")
# Names before the @ that need no closer look (RFC 5322, dot-atom), of at most 64 characters.
_PLAIN_NAME = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
_LIKE_AN_ADDRESS = re.compile(r"(?<![A-Za-z0-9._+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,100}\b")
# Substack keeps such addresses in its files; https://github.com/TryGhost/migrate leaves them out, too.
DELETION_REQUESTS = "deletion-request.substack.com"
_REASONS = {Standing.BOUNCED: HARD_BOUNCE, Standing.COMPLAINED: COMPLAINT, Standing.BLOCKED: BY_OWNER}


class Rejected(NamedTuple):
    """A row that is not taken in: the line it begins on, its address as it stands there, and why."""

    line: int
    address: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """What a row says of a person."""

    line: int
    email: str
    standing: Standing
    name: str = ""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    career_stage: str = ""
    source: str = ""
    signed_up_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    paused_until: datetime | None = None
    quiet_hours: QuietHours | None = None
    # Whether a moment stands there of which nobody can say when it was.
    has_unread_date: bool = False
    # Why mail to it must stop, as a word of the suppression list.
    suppression: str = ""


class Source:
    """A file's rows and how to read them. It is read anew, from its beginning, each time it is gone through."""

    def __init__(
        self,
        blocks: Callable[[], Iterable[bytes]],
        *,
        file_name: str = "",
        system: str = "",
        columns: Mapping[str, int] | None = None,
        encoding: str = "",
    ) -> None:
        """`blocks` gives the bytes. What is left empty (a key of SYSTEMS, columns by field) the header tells.

        Raises UnreadableFile.
        """
        self._blocks, self.file_name, self._encoding = blocks, file_name, encoding
        self.header = self._table().header
        if any("@" in column for column in self.header):
            raise UnreadableFile("The first line holds an address. Put a line with the names of the columns above it.")
        self.system = system or recognize(self.header)
        self.columns = dict(columns or guess_columns(self.header))
        if "email" not in self.columns:
            known = ", ".join(column or "(no name)" for column in self.header[:20])
            raise UnreadableFile(f"No column of addresses was found. Say which one it is. The columns are: {known}.")
        self._signs = Signs(self.system, self.header, self.columns)
        self._days_first: dict[str, bool | None] = {}
        # Mailchimp's file of contacts who never subscribed looks like that of those who did.
        self._nobody_asked = self.system == "mailchimp" and self.file_name.lower().startswith("nonsubscribed")
        self._topics = _topic_names()
        self._tags: set[str] = set()

    @property
    def label(self) -> str:
        return SYSTEMS[self.system].label

    @property
    def signs(self) -> list[str]:
        """The names of further columns that tell who is out."""
        return [self.header[place] for place in self._signs.places if place not in self.columns.values()]

    @property
    def unused(self) -> list[str]:
        """The names of the columns of which nothing is taken."""
        used = {*self.columns.values(), *self._signs.places}
        return [name or f"column {place + 1}" for place, name in enumerate(self.header) if place not in used]

    def _table(self) -> Table:
        return Table(self._blocks(), self._encoding)

    def __iter__(self) -> Iterator[Entry | Rejected]:
        """What each row says, or why it is rejected. Raises UnreadableFile."""
        self._days_first = self._orders_of_days()
        for row in self._table():
            try:
                yield self._entry(row)
            except (CellTrouble, InvalidAddress) as trouble:
                address = _first_address(row.text) if row.trouble else line(self._cell(row.cells, "email"), 100)
                yield Rejected(row.line, address, line(str(trouble), 400))

    def kept_out(self) -> Iterator[str]:
        """The addresses that any row says are not subscribed there any more, wherever in the file."""
        if not (self._signs.places or self.columns.keys() & {"status", "suppressed", "subscribed", "confirmed"}):
            return
        for row in self._table():
            with suppress(CellTrouble, InvalidAddress):
                said = {name: self._cell(row.cells, name) for name in self.columns}
                if not row.trouble and self._standing(row.cells, said) in KEEP_OUT:
                    yield _address(said["email"])

    def _entry(self, row: Row) -> Entry:
        if row.trouble:
            raise CellTrouble(row.trouble)
        said = _with_details({name: self._cell(row.cells, name) for name in self.columns})
        if not said["email"]:
            raise CellTrouble("There is no address.")
        suppression = said.get("suppressed", "").lower()
        standing = self._standing(row.cells, said)
        # Of who is not subscribed nothing more is kept, and nothing more may stand in the way of noting that.
        wishes = self._wishes(said, standing) if standing in (Standing.SUBSCRIBED, Standing.PAUSED) else {}
        return Entry(
            line=row.line,
            email=_address(said["email"]),
            standing=Standing.SUBSCRIBED if standing is Standing.PAUSED else standing,
            name=_name(said),
            source=line(said.get("source", ""), 200),
            suppression=suppression if suppression in REASONS else _REASONS.get(standing, ""),
            **self._dates_in(said),
            **wishes,
        )

    def _wishes(self, said: Mapping[str, str], standing: Standing) -> dict[str, Any]:
        if standing is Standing.PAUSED and not said.get("paused_until"):
            raise CellTrouble("It is paused, and nothing says until when.")
        return {
            "topics": self._topics_in(said.get("topics", "")),
            "tags": self._tags_in(said.get("tags", "")),
            "career_stage": career_stage(said.get("career_stage", "")),
            "paused_until": pause_end(said.get("paused_until", ""), day_first=self._days_first.get("paused_until")),
            "quiet_hours": quiet_hours(said.get("quiet_hours", "")),
        }

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.columns.get(name, -1)
        cell = cells[place].strip() if 0 <= place < len(cells) else ""
        return unescaped(cell) if self.system == OUR_OWN else cell

    def _standing(self, cells: list[str], said: Mapping[str, str]) -> Standing:
        return Standing.UNCONFIRMED if self._nobody_asked else self._signs.of(cells, said)

    def _orders_of_days(self) -> dict[str, bool | None]:
        """By field, whether the dates of its column have the day before the month, where the column makes it plain."""
        columns = [(name, self.columns[name]) for name in _DATES if name in self.columns]
        told: dict[str, set[bool]] = {name: set() for name, _ in columns}
        for row in self._table() if columns else ():
            for name, place in columns:
                if place < len(row.cells) and "/" in row.cells[place]:
                    order = puts_day_first(row.cells[place].strip())
                    if order is not None:
                        told[name].add(order)
        return {name: orders.pop() for name, orders in told.items() if len(orders) == 1}

    def _dates_in(self, said: Mapping[str, str]) -> dict[str, Any]:
        """The moments in a row, and whether one that stands there cannot be read."""
        found: dict[str, Any] = {"has_unread_date": False}
        for name, also in _MOMENTS.items():
            source = name if said.get(name) else also
            text = said.get(source, "")
            found[name] = past_moment(text, day_first=self._days_first.get(source))
            if text and found[name] is None and not is_plain_answer(text) and word(text) not in STANDINGS:
                found["has_unread_date"] = True
        return found

    def _topics_in(self, cell: str) -> tuple[str, ...]:
        named = words(cell)
        found = [self._topics[name.lower()] for name in named if name.lower() in self._topics]
        # No topics would mean all of them.
        if named and not found:
            raise CellTrouble(f"None of its topics is on offer here: {cell[:60]}.")
        return tuple(dict.fromkeys(found))

    def _tags_in(self, cell: str) -> tuple[str, ...]:
        tags = tuple(dict.fromkeys(tag for each in words(cell) if (tag := line(each, 60).lower())))
        if len(tags) > MOST_TAGS:
            raise CellTrouble(f"It has {len(tags)} tags; {MOST_TAGS} are the most there can be.")
        if not self._tags.issuperset(tags):
            self._tags.update(tags)
            if len(self._tags) > MOST_TAGS:
                raise UnreadableFile(f"There are more than {MOST_TAGS} different tags. Is that the right column?")
        return tags


def _first_address(text: str) -> str:
    """What looks like an address in a line that cannot be read as it should, to find it by."""
    found = _LIKE_AN_ADDRESS.search(text)
    return found[0] if found else ""


def _address(text: str) -> str:
    """What `normalize` makes of it, with each domain looked at once: a list holds many addresses of few domains."""
    name, _, domain = text.rpartition("@")
    if domain.lower() == DELETION_REQUESTS:
        raise CellTrouble("Substack put this in the place of the address of somebody who asked to be deleted.")
    if len(text) > 200 or not _PLAIN_NAME.fullmatch(name):
        return normalize(text)
    return f"{name.lower()}@{_domain(domain)}"


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    return domain_of(normalize(f"a@{domain}"))


def _topic_names() -> dict[str, str]:
    """The key of each topic, by its key and by its label, both in small letters."""
    topics = Topic.offered()
    return {topic.label.lower(): topic.key for topic in topics} | {topic.key.lower(): topic.key for topic in topics}


def _with_details(said: dict[str, str]) -> dict[str, str]:
    """`said`, and of the details in JSON what it says nothing of: listmonk's attributes, Buttondown's metadata."""
    if not said.get("details", "").startswith("{"):
        return said
    try:
        details: Any = json.loads(said["details"])
    except (ValueError, RecursionError):
        return said
    found = {}
    for name in ("name", "first_name", "last_name", "career_stage", "tags", "topics"):
        value = details.get(name)
        if isinstance(value, list):
            found[name] = json.dumps([each for each in value if isinstance(each, str)])
        elif isinstance(value, str):
            found[name] = value
    return found | {name: text for name, text in said.items() if text}


def _name(said: Mapping[str, str]) -> str:
    parts = f"{said.get('first_name', '')} {said.get('last_name', '')}"
    return line(said.get("name", ""), 120) or line(parts, 120)
