"""What the site holds of a person, in parts: each room registers its own when it is imported, for telling and erasing.

So a room tells and erases what only it knows, and none has to be imported from here.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, inspect

from app.clock import now
from app.extensions import db
from app.people.address_changes import AddressChange
from app.people.models import Consent, Person
from app.people.sign_in import SignInCode
from app.people.sign_in_allowance import SignInAllowance
from app.people.suppressions import ERASED, Suppression

OF_THE_OWNER = "This is the owner of the site, and the site cannot be without one."
IS_ERASED = "Erased already."
# Ways in, and what tells rows from one another: no facts about the person.
NEVER_TOLD = frozenset({"id", "person_id", "password", "fs_uniquifier", "code_hash", "nonce", "idempotency_key"})


class CannotErase(Exception):
    """Something stands in the way. The message is for whoever asked."""


class Part(NamedTuple):
    """What one room holds of a person.

    `holds` says it in words. `export` gives it as lists and dictionaries; empty when there is nothing. `erase` deletes
    it, or takes out of it what tells who it was. `hindrance` says why that cannot be just now, or nothing; `kept` says
    what has to stay, or nothing; what stays may refer to the person's row, which then stays without a name.
    `lock` takes the locks that have to come before the person's. `is_private` is what more than letters hangs on: it
    is not for whoever holds a letter that was passed on.
    """

    holds: str
    export: Callable[[Person], Any]
    erase: Callable[[Person], None]
    hindrance: Callable[[Person], str] = lambda person: ""
    kept: Callable[[Person], str] = lambda person: ""
    lock: Callable[[Person], None] = lambda person: None
    is_private: bool = False


PARTS: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Add what a room holds, under `name` in the export."""
    PARTS[name] = part


def export(person: Person) -> dict[str, Any]:
    """Everything the site holds of `person`, ready for JSON."""
    parts = {name: told for name, part in PARTS.items() if (told := part.export(person))}
    return {"exported_at": now().isoformat(), "person": _export_person(person), **parts}


def as_json(person: Person) -> str:
    return json.dumps(export(person), indent=2, ensure_ascii=False) + "\n"


def row(found: Any, **more: Any) -> dict[str, Any]:
    """The columns of a row that tell something, for an export, and `more`."""
    columns = [column.key for column in inspect(found).mapper.column_attrs]
    told = {key: getattr(found, key) for key in columns if key not in NEVER_TOLD and not key.endswith("_id")}
    return {key: plain(value) for key, value in (told | more).items() if value not in (None, "", [], {})}


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def has_private(person: Person) -> bool:
    """Whether more than letters hangs on the person's address."""
    return bool(person.roles) or any(part.is_private and part.export(person) for part in PARTS.values())


def hindrances(person: Person) -> list[str]:
    """Why `person` cannot be erased just now; empty when nothing stands in the way."""
    own = OF_THE_OWNER if person.is_owner else IS_ERASED if person.erased_at else ""
    return [said for said in (own, *(part.hindrance(person) for part in PARTS.values())) if said]


def kept(person: Person) -> list[str]:
    """What has to stay of `person`, in sentences."""
    return [said for part in PARTS.values() if (said := part.kept(person))]


def erase(person: Person) -> None:
    """Erase what the site holds of `person` but for what has to stay. A hash of the address keeps imports from bringing
    it back. Raises CannotErase.
    """
    for part in PARTS.values():
        part.lock(person)
    if Person.for_update(person.id) is None:  # Somebody pressed the button twice.
        raise CannotErase(IS_ERASED)
    if said := hindrances(person):
        raise CannotErase(" ".join(said))
    stays = bool(kept(person))
    _erase_ways_in(person)
    for part in reversed(PARTS.values()):  # What hangs on the rows of another part goes before these.
        part.erase(person)
    for address in AddressChange.addresses_of(person):
        if Person.with_email(address) in (person, None):  # What was theirs once may be somebody else's now.
            Suppression.add(address, ERASED).forget_address()
    AddressChange.forget_all(person)
    db.session.execute(delete(Consent).where(Consent.person_id == person.id))
    if stays:
        person.become_nobody()
    else:
        db.session.delete(person)
    db.session.flush()


def _erase_ways_in(person: Person) -> None:
    db.session.execute(delete(SignInCode).where(SignInCode.person_id == person.id))
    for address in AddressChange.addresses_of(person):
        SignInAllowance.forget(address)


def _export_person(person: Person) -> dict[str, Any]:
    suppression = Suppression.of(person.email)
    return row(
        person,
        roles=[role.name for role in person.roles],
        consents=[row(line) for line in Consent.all_of(person)],
        changes_of_address=[row(change) for change in AddressChange.all_of(person)],
        suppression=row(suppression) if suppression else None,
    )
