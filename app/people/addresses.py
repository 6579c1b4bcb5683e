"""E-mail addresses: the one form in which the site stores and compares them."""

import unicodedata

from email_validator import EmailNotValidError, validate_email


class InvalidAddress(ValueError):
    """Not an address mail can be sent to. The message is for the person who typed it."""


def normalize(typed: str, *, local: bool = False) -> str:
    """The address as stored: trimmed, lower case, domain as ASCII (IDNA), so that look-alike domains stay apart.

    `local` admits addresses without a public domain, such as owner@localhost. Raises InvalidAddress.
    """
    if any(unicodedata.category(character).startswith("C") for character in typed.strip()):
        raise InvalidAddress("That address holds a character that does not belong there.")
    if local and typed.strip().lower().endswith("@localhost"):
        return typed.strip().lower()
    try:
        found = validate_email(typed.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as problem:
        raise InvalidAddress(f"That does not look like an e-mail address. {problem}") from None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def domain_of(address: str) -> str:
    """The part after the @ of a normalized address."""
    return address.rpartition("@")[2]


def masked(address: str) -> str:
    """Enough of a normalized address for its owner to know it, too little for who reads over a shoulder."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
