"""What the outbox holds of a person: every mail to them, and those to the owner that are about them."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import String, cast, delete, or_, select, update

from app.extensions import db
from app.outbox.models import Email
from app.people import records
from app.people.address_changes import AddressChange
from app.people.models import Person


def _export(person: Person) -> list[dict[str, Any]]:
    theirs = select(Email).where(_is_to(person)).order_by(Email.id)
    return [_as_told(email) for email in db.session.scalars(theirs)]


def _as_told(email: Email) -> dict[str, Any]:
    told = {"to": email.to_address, "subject": email.subject, "text": email.body, "kind": email.template}
    told |= {"calendar_file": email.calendar} if email.calendar else {}
    return told | {"written_at": records.plain(email.created_at), "state": email.state}


def _erase(person: Person) -> None:
    person.keep_others_off()
    _delete(_is_to(person) | Email.id.in_(_about(AddressChange.addresses_of(person))))


def _is_to(person: Person) -> Any:
    return or_(Email.person_id == person.id, Email.to_address.in_(AddressChange.addresses_of(person)))


def _delete(which: Any) -> None:
    """Delete these mails. One that is in hand of a worker is deleted as soon as it is out of it."""
    lasting = which & Email.is_fleeting.is_(False)
    db.session.execute(delete(Email).where(lasting, Email.claimed_by.is_(None)))
    db.session.execute(update(Email).where(lasting).values(is_fleeting=True, person_id=None))


def _about(addresses: Iterable[str]) -> list[int]:
    """The mails to nobody we have on record, such as the owner, in which one of `addresses` stands."""
    return [number for address in addresses for number in _with(address)]


def _with(address: str) -> list[int]:
    texts = (Email.body, cast(Email.headers, String), Email.subject)
    columns = select(Email.id, *texts).where(Email.person_id.is_(None))
    found = db.session.execute(columns.where(or_(*(text.contains(address, autoescape=True) for text in texts))))
    # ada@example.org stands in cada@example.org and in ada@example.org.uk, too.
    alone = re.compile(rf"(?<![\w.+-]){re.escape(address)}(?!\.?[\w-])")
    return [number for number, *parts in found if any(alone.search(part) for part in parts)]


records.register("mails", records.Part("the mails we sent you, and those about you", _export, _erase))
