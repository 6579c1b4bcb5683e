"""From a row of a CSV file to what it says of a person: address, name, standing, and what else there is."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.clock import now
from app.newsletter.in_and_out.csv_reading import Row, Table, UnreadableFile
from app.newsletter.in_and_out.export_csv import unescaped
from app.newsletter.in_and_out.import_systems import (
    FALSE,
    KEEP_OUT,
    OUR_OWN,
    STANDINGS,
    SYSTEMS,
    TRUE,
    Standing,
    guess_columns,
    plain,
    recognize,
)
from app.newsletter.models import CAREER_STAGES
from app.newsletter.offer import Topic
from app.people.addresses import InvalidAddress, domain_of, normalize
from app.people.suppressions import BY_OWNER, COMPLAINT, HARD_BOUNCE, REASONS

MOST_TAGS = 200
# Names before the @ that need no closer look (RFC 5322, dot-atom), of at most 64 characters.
_PLAIN_NAME = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
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
    # Why mail to it must stop, as a word of the suppression list.
    suppression: str = ""


class _RowTrouble(ValueError):
    """A row that cannot be taken in. The message says why."""


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
        signs = SYSTEMS[self.system].signs
        self._signs = [(place, *signs[plain(name)]) for place, name in enumerate(self.header) if plain(name) in signs]
        # Mailchimp's file of contacts who never subscribed looks like that of those who did.
        self._nobody_asked = self.system == "mailchimp" and self.file_name.lower().startswith("nonsubscribed")
        self._topics = _topic_names()
        self._tags: set[str] = set()

    @property
    def label(self) -> str:
        return SYSTEMS[self.system].label

    def _table(self) -> Table:
        return Table(self._blocks(), self._encoding)

    def __iter__(self) -> Iterator[Entry | Rejected]:
        """What each row says, or why it is rejected. Raises UnreadableFile."""
        for row in self._table():
            try:
                yield self._entry(row)
            except (_RowTrouble, InvalidAddress) as trouble:
                yield Rejected(row.line, _line(self._cell(row.cells, "email"), 100), _line(str(trouble), 400))

    def kept_out(self) -> Iterator[str]:
        """The addresses that any row says are not subscribed there any more, wherever in the file."""
        if not (self._signs or self.columns.keys() & {"status", "suppressed"}):
            return
        for row in self._table():
            with suppress(_RowTrouble, InvalidAddress):
                said = {name: self._cell(row.cells, name) for name in self.columns}
                if not row.trouble and self._standing(row.cells, said) in KEEP_OUT:
                    yield _address(said["email"])

    def _entry(self, row: Row) -> Entry:
        if row.trouble:
            raise _RowTrouble(row.trouble)
        said = _with_details({name: self._cell(row.cells, name) for name in self.columns})
        if not said["email"]:
            raise _RowTrouble("There is no address.")
        suppression = said.get("suppressed", "").lower()
        signed_up_at, confirmed_at, left_at = (
            _moment(said.get(name, "")) for name in ("signed_up_at", "confirmed_at", "left_at")
        )
        standing = self._standing(row.cells, said)
        return Entry(
            line=row.line,
            email=_address(said["email"]),
            standing=standing,
            name=_name(said),
            topics=self._topics_in(said.get("topics", "")),
            tags=self._tags_in(said.get("tags", "")),
            career_stage=_career_stage(said.get("career_stage", "")),
            source=_line(said.get("source", ""), 200),
            signed_up_at=signed_up_at,
            confirmed_at=confirmed_at,
            left_at=left_at,
            suppression=suppression if suppression in REASONS else _REASONS.get(standing, ""),
        )

    def _cell(self, cells: list[str], name: str) -> str:
        place = self.columns.get(name, -1)
        cell = cells[place].strip() if 0 <= place < len(cells) else ""
        return unescaped(cell) if self.system == OUR_OWN else cell

    def _standing(self, cells: list[str], said: Mapping[str, str]) -> Standing:
        if self._nobody_asked:
            return Standing.UNCONFIRMED
        for place, when, standing in self._signs:
            if _tells(when, cells[place].strip().lower() if place < len(cells) else ""):
                return standing
        if said.get("suppressed"):
            return STANDINGS.get(_word(said["suppressed"]), Standing.BLOCKED)
        if not (status := said.get("status", "")):
            return Standing.SUBSCRIBED
        if (standing_told := STANDINGS.get(_word(status))) is None:
            raise _RowTrouble(f"Its status, {status[:40]!r}, is none that is known.")
        return standing_told

    def _topics_in(self, cell: str) -> tuple[str, ...]:
        named = _words(cell)
        found = [self._topics[name.lower()] for name in named if name.lower() in self._topics]
        # No topics would mean all of them.
        if named and not found:
            raise _RowTrouble(f"None of its topics is on offer here: {cell[:60]}.")
        return tuple(dict.fromkeys(found))

    def _tags_in(self, cell: str) -> tuple[str, ...]:
        tags = tuple(dict.fromkeys(tag for word in _words(cell) if (tag := _line(word, 60).lower())))
        if not self._tags.issuperset(tags):
            self._tags.update(tags)
            if len(self._tags) > MOST_TAGS:
                raise UnreadableFile(f"There are more than {MOST_TAGS} different tags. Is that the right column?")
        return tags


def _address(text: str) -> str:
    """What `normalize` makes of it, with each domain looked at once: a list holds many addresses of few domains."""
    name, _, domain = text.rpartition("@")
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


def _tells(when: str, cell: str) -> bool:
    """Whether a sign holds for a row. Raises _RowTrouble for what is neither true nor false."""
    if when in ("always", "filled"):
        return when == "always" or bool(cell)
    if cell not in TRUE | FALSE:
        raise _RowTrouble(f"{cell[:40]!r} was found where only true or false makes sense.")
    return (cell in TRUE) == (when == "true")


def _word(status: str) -> str:
    return "-".join(status.lower().replace("_", " ").split())


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


def _words(cell: str) -> list[str]:
    """The words of a list in one cell: JSON, as Mailchimp's ("A","B"), or with commas or semicolons between them."""
    if cell.startswith("["):
        try:
            words = json.loads(cell)
        except (ValueError, RecursionError):
            return []
        return [word.strip() for word in words if isinstance(word, str) and word.strip()]
    if '"' in cell:
        rows: Iterable[list[str]] = csv.reader([cell.replace("\n", " ")], skipinitialspace=True)
        try:
            return [word.strip() for row in rows for word in row if word.strip()]
        except csv.Error:
            raise _RowTrouble(f"The list in it cannot be read: {cell[:60]}.") from None
    return [word.strip() for word in cell.replace(";", ",").split(",") if word.strip()]


def _name(said: Mapping[str, str]) -> str:
    parts = f"{said.get('first_name', '')} {said.get('last_name', '')}"
    return _line(said.get("name", ""), 120) or _line(parts, 120)


def _line(text: str, longest: int) -> str:
    """One plain line of it."""
    line = " ".join(text.split())
    return (line if line.isprintable() else "".join(filter(str.isprintable, line)))[:longest].strip()


def _career_stage(text: str) -> str:
    wanted = text.lower()
    return next((key for key, label in CAREER_STAGES.items() if wanted in (key, label.lower())), "")


def _moment(text: str) -> datetime | None:
    """A date, or date and time, in UTC where no zone is told; None if it is none, or in the future."""
    if not text:
        return None
    try:
        moment = _parsed(text)
        aware = moment and (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return aware if aware and aware.year >= 1990 and aware <= now() else None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return _american(text)


def _american(text: str) -> datetime | None:
    for form in ("%m/%d/%Y %H:%M", "%m/%d/%Y", "%b %d, %Y"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
