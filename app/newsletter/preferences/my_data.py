"""Seeing and erasing one's own data, with a fresh proof: a link mailed to the address, good for an hour.

The links in letters are not enough for it, because letters are passed on.
"""

import hmac
from datetime import timedelta
from hashlib import sha256

from flask import current_app

from app import tokens
from app.followups.leaving import payload_of, person_with
from app.newsletter import emails
from app.people import records
from app.people.models import Person

PURPOSE = "my-data"
GOOD_FOR = timedelta(hours=1)


def proof_of(person: Person) -> str:
    """The token that shows for an hour that `person` reads the mail of the address they have now."""
    return tokens.sign(PURPOSE, [*payload_of(person.id, person.created_at), _fingerprint(person)])


def person_proven(token: str) -> Person | None:
    """Whose proof this is, while it is good."""
    try:
        *payload, fingerprint = tokens.read(PURPOSE, token, GOOD_FOR)
    except tokens.InvalidToken:
        return None
    person = person_with(payload)
    return person if person and fingerprint == _fingerprint(person) else None


def erase(person: Person) -> list[str]:
    """Erase `person` and tell them so by a mail that is not kept; what stays, in sentences. Raises CannotErase."""
    address, stays = person.email, records.kept(person)
    records.erase(person)
    emails.erased(address, stays)
    return stays


def _fingerprint(person: Person) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, f"my-data:{person.email}".encode(), sha256).hexdigest()[:16]
