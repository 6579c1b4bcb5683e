"""Addresses as people paste them, from a mail program or a table."""

import re
from typing import NamedTuple

from app.people.addresses import InvalidAddress, normalize
from app.people.forms import holds_link, plain_line

# "Grace Hopper" <grace@example.org>, Grace Hopper <grace@example.org>, or the address alone (RFC 5322 §3.4).
_PART = re.compile(r'(?:(?:"(?P<quoted>[^"\n]*)"|(?P<name>[^",;<>@\n]*))\s*<(?P<address>[^<>\n]*)>|(?P<bare>[^\s,;]+))')
LONGEST_NAME = 120


class Invited(NamedTuple):
    email: str
    name: str = ""


class NoAddress(ValueError):
    """Something between the addresses is none. The message says what."""


def addresses_in(text: str) -> list[Invited]:
    """Each address once, in order, however they are set apart. Raises NoAddress."""
    found: dict[str, Invited] = {}
    for part in _PART.finditer(text):
        written = (part["address"] if part["address"] is not None else part["bare"]).strip()
        try:
            email = normalize(written)
        except InvalidAddress:
            raise NoAddress(f"“{written[:80]}” is not an e-mail address. Please correct it or take it out.") from None
        found.setdefault(email, Invited(email, _name(part["quoted"] or part["name"] or "")))
    return list(found.values())


def _name(written: str) -> str:
    name = plain_line(written)
    return name if len(name) <= LONGEST_NAME and not holds_link(name) else ""
