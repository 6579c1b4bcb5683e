"""What an import writes of a batch: a few statements for all its rows, each of which lets be what is there already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Table, bindparam, case, func, or_, select, update

from app.clock import now
from app.extensions import Model, db, insert_with_conflict
from app.followups import SequenceRun
from app.newsletter.growth import IMPORT, GrowthDay
from app.newsletter.in_and_out.import_csv import Entry
from app.newsletter.models import PURPOSE, Subscription, subscription_topic
from app.newsletter.offer import Topic
from app.newsletter.returned.suppressing import stop_letters
from app.newsletter.sign_ups import SignUp
from app.newsletter.tags import Tag, subscription_tag
from app.outbox import Email
from app.people.models import Consent, Person
from app.people.suppressions import LONGEST_DETAIL, Suppression, hash_of

Row = dict[str, Any]
# What somebody chose here of these stands.
_CHOSEN: dict[str, ColumnElement[Any]] = {
    name: func.coalesce(column, bindparam(name, type_=column.type))
    for name in ("paused_until", "quiet_from_hour", "quiet_to_hour")
    for column in [Subscription.__table__.c[name]]
} | {
    "time_zone": case(
        (Subscription.quiet_from_hour.is_(None), bindparam("time_zone")), else_=Subscription.__table__.c["time_zone"]
    )
}


class Known(NamedTuple):
    """What the site knows of an address."""

    person_id: int | None = None
    subscription_id: int | None = None
    is_confirmed: bool = False
    has_left: bool = False
    is_suppressed: bool = False


class Batch:
    """Writes entries whose fate is decided. `known` has what the site knows of each, the people among them locked."""

    def __init__(self, known: Mapping[str, Known], *, label: str, file_name: str) -> None:
        self._known, self._label = known, label
        self._file = f"{label}: {file_name}"

    def subscribe(self, entries: Sequence[Entry], basis: str) -> None:
        """Confirm them at once, with the owner's `basis` in the ledger. No mail goes out, and no sequence begins."""
        people = self._people(entries, with_names=True)
        entries = [each for each in entries if each.email in people]
        subscriptions = self._subscriptions(people, entries, _as_confirmed(self._label))
        GrowthDay.count_joined(_import_from(self._label) for _ in entries)
        self._record(people, "given", f"Imported from {self._label}. {basis}")
        _attach(subscription_topic, "topic_id", subscriptions, {each.email: each.topics for each in entries}, _topics)
        _attach(subscription_tag, "tag_id", subscriptions, {each.email: each.tags for each in entries}, _tags)

    def note_as_left(self, entries: Sequence[Entry]) -> None:
        """Keep of those who left elsewhere the address and that they left, so that nothing subscribes them here."""
        people = self._people(entries, with_names=False)
        entries = [each for each in entries if each.email in people]
        self._subscriptions(people, entries, _as_left(self._label))
        self._record(people, "withdrawn", f"Left the list at {self._label}, before it moved here.")

    def suppress(self, entries: Sequence[Entry]) -> None:
        """Put them on the suppression list, and stop what waits for them; nothing else is kept of them."""
        rows = [
            {
                "address_hash": hash_of(each.email),
                "address": each.email,
                "reason": each.suppression,
                "detail": f"Import from {self._file}"[:LONGEST_DETAIL],
            }
            for each in entries
        ]
        # In one order, so that no two who write many wait for each other.
        _insert(_table(Suppression), sorted(rows, key=lambda row: str(row["address_hash"])))
        if numbers := [number for each in entries if (number := self._known[each.email].subscription_id)]:
            off = update(Subscription).where(Subscription.id.in_(numbers), Subscription.suppressed_at.is_(None))
            db.session.execute(off.values(suppressed_at=now()), execution_options={"synchronize_session": False})
        reasons = {self._known[each.email].person_id: each.suppression for each in entries}
        for person in _awaiting_something(number for number in reasons if number):
            stop_letters(person, reasons[person.id])

    def _people(self, entries: Sequence[Entry], *, with_names: bool) -> dict[str, int]:
        """The number of each entry's person, made where there is none, and locked.

        Whoever was new to the site a moment ago may have come and been erased since: they are not among them.
        """
        fresh = sorted((each for each in entries if self._known[each.email].person_id is None), key=_by_email)
        _insert(_table(Person), [{"email": each.email, "name": each.name if with_names else ""} for each in fresh])
        if with_names and (nameless := [each for each in entries if self._known[each.email].person_id and each.name]):
            # A name that somebody gave here stays.
            renaming = update(_table(Person)).where(Person.id == bindparam("whose"), Person.name == "")
            named = [{"whose": self._known[each.email].person_id, "name": each.name} for each in nameless]
            db.session.connection().execute(renaming.values(name=bindparam("name")), named)
        addresses = [each.email for each in entries]
        theirs = select(Person.email, Person.id).where(Person.email.in_(addresses)).order_by(Person.id)
        return {email: number for email, number in db.session.execute(theirs.with_for_update(key_share=True))}

    def _subscriptions(
        self, people: Mapping[str, int], entries: Sequence[Entry], columns: Callable[[Entry], Row]
    ) -> dict[str, int]:
        """The number of each entry's subscription, which gets `columns`."""
        found = {each.email: number for each in entries if (number := self._known[each.email].subscription_id)}
        if waiting := [columns(each) | {"which": found[each.email]} for each in entries if each.email in found]:
            names = waiting[0].keys() - {"which"}
            confirming = update(_table(Subscription)).where(Subscription.id == bindparam("which"))
            values = {name: _CHOSEN.get(name, bindparam(name)) for name in names}
            db.session.connection().execute(confirming.values(values), waiting)
        fresh = [columns(each) | {"person_id": people[each.email]} for each in entries if each.email not in found]
        addresses = {number: address for address, number in people.items()}
        made = _insert(_table(Subscription), fresh, "person_id", "id")
        return found | {addresses[person_id]: number for person_id, number in made}

    def _record(self, people: Mapping[str, int], action: str, wording: str) -> None:
        line = {"purpose": PURPOSE, "action": action, "wording": wording, "page": f"Import from {self._file}"[:500]}
        _insert(_table(Consent), [line | {"person_id": number} for number in people.values()])


def _awaiting_something(person_ids: Iterable[int]) -> Sequence[Person]:
    """Those of these people for whom a letter waits, or will be written, or who have a link to confirm by."""
    run = select(SequenceRun.person_id).where(SequenceRun.next_at.is_not(None))
    mail = select(Email.person_id).where(Email.sent_at.is_(None), Email.failed_at.is_(None))
    link = select(Subscription.person_id).join(SignUp).where(SignUp.confirmed_at.is_(None), SignUp.void_at.is_(None))
    numbers = list(person_ids)
    waiting = [
        Person.id.in_(each.where(column.in_(numbers)))
        for each, column in (
            (run, SequenceRun.person_id),
            (mail, Email.person_id),
            (link, Subscription.person_id),
        )
    ]
    return db.session.scalars(select(Person).where(or_(*waiting)).order_by(Person.id)).all() if numbers else []


def _by_email(entry: Entry) -> str:
    return entry.email


def _source(entry: Entry, label: str) -> str:
    return entry.source or _import_from(label)


def _import_from(label: str) -> str:
    return f"{IMPORT} from {label}"


def _as_confirmed(label: str) -> Callable[[Entry], Row]:
    def columns(entry: Entry) -> Row:
        confirmed_at = entry.confirmed_at or entry.signed_up_at or now()
        return {
            "requested_at": entry.signed_up_at or confirmed_at,
            "confirmed_at": confirmed_at,
            "source": _source(entry, label),
            "career_stage": entry.career_stage,
            "paused_until": entry.paused_until,
            "quiet_from_hour": entry.quiet_hours.from_hour if entry.quiet_hours else None,
            "quiet_to_hour": entry.quiet_hours.to_hour if entry.quiet_hours else None,
            "time_zone": entry.quiet_hours.time_zone if entry.quiet_hours else "",
        }

    return columns


def _as_left(label: str) -> Callable[[Entry], Row]:
    def columns(entry: Entry) -> Row:
        left_at = entry.left_at or now()
        return {
            "requested_at": entry.signed_up_at or entry.confirmed_at or left_at,
            "confirmed_at": entry.confirmed_at or entry.signed_up_at or left_at,
            "unsubscribed_at": left_at,
            "source": _source(entry, label),
        }

    return columns


def _attach(
    table: Table,
    column: str,
    subscriptions: Mapping[str, int],
    words: Mapping[str, Sequence[str]],
    numbers_of: Callable[[set[str]], dict[str, int]],
) -> None:
    numbers = numbers_of({word for each in words.values() for word in each})
    rows = [
        {"subscription_id": number, column: numbers[word]}
        for address, number in subscriptions.items()
        for word in words[address]
    ]
    _insert(table, rows)


def _topics(keys: set[str]) -> dict[str, int]:
    return {key: number for key, number in db.session.execute(select(Topic.key, Topic.id).where(Topic.key.in_(keys)))}


def _tags(names: set[str]) -> dict[str, int]:
    wanted = select(Tag.name, Tag.id).where(Tag.name.in_(names))
    known = {name: number for name, number in db.session.execute(wanted)}
    if fresh := sorted(names - known.keys()):
        _insert(_table(Tag), [{"name": name} for name in fresh])
        known = {name: number for name, number in db.session.execute(wanted)}
    return known


def _table(model: type[Model]) -> Table:
    return cast(Table, model.__table__)


def _insert(table: Table, rows: Sequence[Row], *returned: str) -> Iterable[Any]:
    """Write those rows that are not there yet; `returned` columns of those that were written."""
    if not rows:
        return []
    writing = insert_with_conflict(table).on_conflict_do_nothing()
    if not returned and db.engine.dialect.name == "sqlite":
        db.session.execute(writing, rows)
        return []
    # With something to return, SQLAlchemy writes many rows in a statement, which spares PostgreSQL the way for each.
    columns = [table.c[name] for name in returned] or list(table.primary_key)
    return db.session.execute(writing.returning(*columns), rows)
