"""The way out, as every letter that nobody needs carries it: in its headers and in its footer (RFC 2369, RFC 8058)."""

from email.utils import parseaddr

from flask import current_app

from app import tokens
from app.extensions import db
from app.people.models import Person
from app.urls import absolute_url


def unsubscribe_url(person: Person) -> str:
    """The person's own link off every list. It works for ever, again and again."""
    return absolute_url("newsletter.unsubscribe", token=tokens.sign("unsubscribe", _payload(person)))


def preferences_url(person: Person) -> str:
    return absolute_url("newsletter.show_preferences", token=tokens.sign("preferences", _payload(person)))


def person_of(purpose: str, token: str) -> Person | None:
    """Whose link this is; None when the person is gone. Raises InvalidToken."""
    person_id, made_at = tokens.read(purpose, token)
    person = db.session.get(Person, person_id)
    return person if person and _payload(person) == [person_id, made_at] else None


def list_headers(person: Person) -> dict[str, str]:
    """Headers from which a mail program makes its own way out: one click, and no page (RFC 8058 §3.1)."""
    sender = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1]
    return {
        "List-Unsubscribe": f"<{unsubscribe_url(person)}>, <mailto:{sender}?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _payload(person: Person) -> list[int]:
    # A database may give the number of an erased person to the next one; the moment of making tells them apart.
    return [person.id, int(person.created_at.timestamp())]
