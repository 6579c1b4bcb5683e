"""Taking subscribers in, a batch at a time: who is new, who stays out, and what is written of each.

What a file says never outweighs what somebody told this site: who left here, withdrew, or is suppressed stays out, and
who is subscribed is not changed. Each batch is written whole or not at all, and one that was written changes nothing
when it comes again.
"""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from sqlalchemy import select

from app.extensions import db
from app.newsletter.in_and_out.import_csv import Entry, Rejected, Source
from app.newsletter.in_and_out.import_systems import KEEP_OUT, Standing
from app.newsletter.in_and_out.import_writing import Batch, Known
from app.newsletter.models import PURPOSE, Subscription
from app.people.models import Consent, Person
from app.people.suppressions import Suppression, hash_of

Item = TypeVar("Item")

BATCH = 500
# What the owner says they may write to these people for; it goes into the consent ledger.
BASES = {
    "double-opt-in": "They confirmed by double opt-in there.",
    "asked": "They asked for it themselves: in person, on paper or by mail.",
    "told": "They are clients or students who were told of it at the time and could say no.",
}

NEW, KNOWN, LEFT_THERE, SUPPRESSED_THERE = "new", "known", "left there", "suppressed there"
LEFT_HERE, SUPPRESSED_HERE, CONTRARY = "left here", "suppressed here", "contrary"
UNCONFIRMED, DOUBLED, INVALID = "unconfirmed", "doubled", "invalid"
# Of those taken in or noted, how many; and where the first of them stands.
UNREAD_DATE, FIRST_UNREAD_DATE = "unread date", "first unread date"
# Every row is counted under one of these; the words are the report's.
OUTCOMES = {
    NEW: "New: subscribed, with no mail to them",
    KNOWN: "Here already: not changed",
    LEFT_THERE: "Left there: noted as left, so that they stay out",
    SUPPRESSED_THERE: "Bounced, complained or blocked there: put on the suppression list",
    LEFT_HERE: "Left here before: they stay out",
    SUPPRESSED_HERE: "On the suppression list here: they stay out",
    CONTRARY: "Subscribed here, but not there any more: not changed, for you to look at",
    UNCONFIRMED: "Never confirmed there: left out",
    DOUBLED: "Twice in the file: counted once",
    INVALID: "Not readable: left out",
}
REASONS = {
    LEFT_HERE: "This person left here.",
    SUPPRESSED_HERE: "This address is on the suppression list.",
    CONTRARY: "Subscribed here, though the file says not any more. Nothing was changed.",
    UNCONFIRMED: "The address was never confirmed there.",
    DOUBLED: "The address stands in the file before.",
}


@dataclass
class Report:
    """How many rows came to what, and where the last of them stood."""

    counts: Counter[str] = field(default_factory=Counter)
    line: int = 1

    @property
    def rows(self) -> int:
        return sum(self.counts[outcome] for outcome in OUTCOMES)

    def lines(self) -> list[tuple[str, int]]:
        """What to tell: each outcome there was, in words, and how often."""
        return [(words, self.counts[outcome]) for outcome, words in OUTCOMES.items() if self.counts[outcome]]

    @property
    def unread_dates(self) -> str:
        """How many dates could not be read, in words; empty when all could."""
        if not (count := self.counts[UNREAD_DATE]):
            return ""
        rows = "1 of these rows has" if count == 1 else f"{count:,} of these rows have"
        return (
            f"{rows} a date that cannot be read, the first in line {self.counts[FIRST_UNREAD_DATE]}. What cannot be "
            "read is taken as today. Write dates like 2026-12-31."
        )

    def note_unread_date(self, line: int) -> None:
        self.counts[UNREAD_DATE] += 1
        self.counts[FIRST_UNREAD_DATE] = self.counts[FIRST_UNREAD_DATE] or line


class Import:
    """A file on its way in. `basis` is a key of BASES; without one nothing can be written."""

    def __init__(self, source: Source, basis: str = "", *, report: Report | None = None) -> None:
        """Rows up to the line that `report` has come to were taken in before."""
        self.source, self.basis = source, basis
        self.report = report or Report()
        self._met = _Met()

    def batches(self, *, write: bool) -> Iterator[list[Rejected]]:
        """Take the file in, or with `write` off only find out what would happen: the rows rejected, a batch at a time.

        The caller has no transaction open, and commits after each batch, or rolls back when nothing is written; the
        file is read in between. Raises UnreadableFile.
        """
        if write and self.basis not in BASES:
            raise ValueError("nobody is subscribed without a basis")
        for portion in _portions(self.source.kept_out(), BATCH):
            self._met.keep_out(portion)
        taken_before = self.report.line
        for rows in _portions(self.source, BATCH):
            sorted_out = [self._sort_out(row) for row in rows]
            to_do = [each for each in sorted_out if each[1].line > taken_before]
            if to_do:
                yield self._take(to_do, write=write)

    def _sort_out(self, row: Entry | Rejected) -> tuple[str, Entry | Rejected]:
        """What the file alone tells of a row: the outcome, or none yet."""
        if isinstance(row, Rejected):
            return INVALID, row
        if row.standing not in KEEP_OUT and self._met.is_kept_out(row.email):
            return DOUBLED, Rejected(row.line, row.email, "Another line says that this address is not subscribed.")
        if self._met.again(row.email):
            return DOUBLED, _rejected(row, DOUBLED)
        if row.standing is Standing.UNCONFIRMED:
            return UNCONFIRMED, _rejected(row, UNCONFIRMED)
        return "", row

    def _take(self, rows: Sequence[tuple[str, Entry | Rejected]], *, write: bool) -> list[Rejected]:
        entries = [row for _, row in rows if isinstance(row, Entry)]
        if not write:
            db.session.connection(execution_options={"only_reads": True})
        known = _known([entry.email for entry in entries], lock=write)
        by_outcome: dict[str, list[Entry]] = {}
        rejected = []
        for outcome, row in rows:
            if isinstance(row, Entry):
                outcome = _decided(row, known[row.email])
                by_outcome.setdefault(outcome, []).append(row)
                if row.has_unread_date and outcome in (NEW, LEFT_THERE):
                    self.report.note_unread_date(row.line)
                if outcome in REASONS:
                    rejected.append(_rejected(row, outcome))
            else:
                rejected.append(row)
            self.report.counts[outcome] += 1
        if write:
            self._write(known, by_outcome)
        self.report.line = rows[-1][1].line
        return rejected

    def _write(self, known: Mapping[str, Known], by_outcome: Mapping[str, list[Entry]]) -> None:
        batch = Batch(known, label=self.source.label, file_name=self.source.file_name)
        if new := by_outcome.get(NEW):
            batch.subscribe(new, BASES[self.basis])
        if left := by_outcome.get(LEFT_THERE):
            batch.note_as_left(left)
        if suppressed := by_outcome.get(SUPPRESSED_THERE):
            batch.suppress(suppressed)


def _rejected(entry: Entry, outcome: str) -> Rejected:
    return Rejected(entry.line, entry.email, REASONS[outcome])


def _decided(entry: Entry, known: Known) -> str:
    """What becomes of an entry, by what the site knows of its address."""
    if entry.standing is Standing.SUBSCRIBED:
        if known.is_suppressed:
            return SUPPRESSED_HERE
        if known.has_left:
            return LEFT_HERE
        return KNOWN if known.is_confirmed else NEW
    if known.is_suppressed:
        return KNOWN
    if known.is_confirmed and not known.has_left:
        return CONTRARY
    if entry.standing is Standing.LEFT:
        return KNOWN if known.has_left else LEFT_THERE
    return SUPPRESSED_THERE


def _known(addresses: list[str], *, lock: bool) -> dict[str, Known]:
    """What the site knows of each of `addresses`; with `lock` the people among them are locked until commit."""
    # People before the suppression list: whoever is being erased now is gone, and on the list, when this gets there.
    wanted = select(Person.email, Person.id).where(Person.email.in_(addresses)).order_by(Person.id)
    people = {
        email: number
        for email, number in db.session.execute(wanted.with_for_update(key_share=True) if lock else wanted)
    }
    columns = (Subscription.confirmed_at, Subscription.unsubscribed_at, Subscription.suppressed_at)
    of_theirs = select(Subscription.person_id, Subscription.id, *columns).where(
        Subscription.person_id.in_(people.values())
    )
    subscriptions = {row.person_id: row for row in db.session.execute(of_theirs)}
    last_words = _last_words(people.values())
    hashes = {hash_of(address): address for address in addresses}
    listed = select(Suppression.address_hash).where(Suppression.address_hash.in_(hashes))
    suppressed = {hashes[each] for each in db.session.scalars(listed)}
    found = {}
    for address in addresses:
        person_id = people.get(address)
        row = subscriptions.get(person_id) if person_id else None
        found[address] = Known(
            person_id,
            row.id if row else None,
            is_confirmed=bool(row and row.confirmed_at),
            has_left=bool(row and row.unsubscribed_at) or last_words.get(person_id) == "withdrawn",
            is_suppressed=address in suppressed or bool(row and row.suppressed_at),
        )
    return found


def _last_words(person_ids: Collection[int]) -> dict[int | None, str]:
    """What each of these people last said on the newsletter, as Consent.last_word has it."""
    lines = select(Consent.person_id, Consent.action).where(
        Consent.person_id.in_(person_ids), Consent.purpose == PURPOSE, Consent.action != "requested"
    )
    return {person_id: action for person_id, action in db.session.execute(lines.order_by(Consent.id))}


class _Met:
    """Which addresses of the file came before. Kept on disk, so that memory stays flat however many there are."""

    def __init__(self) -> None:
        self._disk = sqlite3.connect("", isolation_level=None)
        self._disk.execute("PRAGMA journal_mode = OFF")
        self._disk.execute("CREATE TABLE met (address INTEGER PRIMARY KEY)")
        self._disk.execute("CREATE TABLE out (address INTEGER PRIMARY KEY)")
        self._disk.execute("BEGIN")
        self._keeps_out = False

    def again(self, address: str) -> bool:
        """Whether the address came before; from now on it did."""
        return not self._disk.execute("INSERT OR IGNORE INTO met VALUES (?)", [_number_of(address)]).rowcount

    def keep_out(self, addresses: list[str]) -> None:
        self._keeps_out = True
        self._disk.executemany("INSERT OR IGNORE INTO out VALUES (?)", [[_number_of(each)] for each in addresses])

    def is_kept_out(self, address: str) -> bool:
        found = self._keeps_out and self._disk.execute("SELECT 1 FROM out WHERE address = ?", [_number_of(address)])
        return bool(found and found.fetchone())


def _number_of(address: str) -> int:
    return int.from_bytes(blake2b(address.encode(), digest_size=8).digest(), signed=True)


def _portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
