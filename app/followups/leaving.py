"""The way out, as every letter that nobody needs carries it: in its headers and in its footer (RFC 2369, RFC 8058)."""

from collections.abc import Callable
from datetime import datetime
from email.utils import formataddr, parseaddr

from flask import current_app

from app import tokens
from app.extensions import db
from app.people.addresses import domain_of
from app.people.models import Person
from app.urls import absolute_url


def unsubscribe_url(person: Person) -> str:
    """The person's own link off every list. It works for ever, again and again."""
    return absolute_url("newsletter.unsubscribe", token=tokens.sign("unsubscribe", _payload(person)))


def preferences_url(person: Person) -> str:
    return absolute_url("newsletter.show_preferences", token=tokens.sign("preferences", _payload(person)))


def person_of(purpose: str, token: str) -> Person | None:
    """Whose link this is; None when the person is gone. Raises InvalidToken."""
    return person_with(tokens.read(purpose, token))


def person_with(payload: list[int]) -> Person | None:
    """The person whose links hold `payload`; None when that person is gone."""
    person = db.session.get(Person, payload[0])
    return person if person and _payload(person) == payload else None


def link_maker(endpoint: str, purpose: str) -> Callable[[list[int]], str]:
    """A function from what a token holds to the whole link, for whoever makes them by the ten thousand."""
    sign = tokens.signer(purpose)
    before, _, after = absolute_url(endpoint, **{"token": "~"}).partition("~")
    return lambda payload: f"{before}{sign(payload)}{after}"


def list_headers(person: Person) -> dict[str, str]:
    """Headers from which a mail program makes its own way out: one click, and no page (RFC 8058 §3.1)."""
    sender = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1]
    return {
        "List-Id": list_id(),
        "List-Unsubscribe": list_unsubscribe(unsubscribe_url(person), sender),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def list_unsubscribe(url: str, sender: str) -> str:
    """The header's value: the link for one click, and an address to write to."""
    return f"<{url}>, <mailto:{sender}?subject=unsubscribe>"


def list_id() -> str:
    """What names the list for ever, whoever sends it from wherever (RFC 2919 §2)."""
    domain = domain_of(parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1])
    return formataddr((current_app.config["SITE_NAME"], f"newsletter.{domain}"))


def _payload(person: Person) -> list[int]:
    return payload_of(person.id, person.created_at)


def payload_of(person_id: int, created_at: datetime) -> list[int]:
    """What the links of a person hold."""
    # A database may give the number of an erased person to the next one; the moment of making tells them apart.
    return [person_id, int(created_at.timestamp())]
