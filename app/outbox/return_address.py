"""Where mail comes back to: one address, with a tag after a plus sign that says what it is about (RFC 5233)."""

import hmac
import re

from flask import current_app

from app.extensions import db
from app.outbox.models import Email

MAIL_TAG = "m"


def tagged(tag: str) -> str:
    """The address to which mail about `tag` comes back: bounces+<tag>@example.org.

    A tag is made of small letters, digits and hyphens, because a mail server may change the case on the way.
    """
    name, _, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].rpartition("@")
    return f"{name}+{tag}@{domain}"


def tags_in(text: str) -> list[str]:
    """The tags of all such addresses in `text`, such as a header's value, in order."""
    name, _, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].rpartition("@")
    # What stands before must not belong to the address: xbounces+1@example.org is somebody else's.
    ours = rf"(?<![\w.+%-]){re.escape(name)}\+([a-z0-9-]{{1,64}})@{re.escape(domain)}(?![\w.-])"
    return [found.lower() for found in re.findall(ours, text, re.IGNORECASE | re.ASCII)]


def of_mail(email: Email) -> str:
    """The envelope's sender of a mail, which names it when it comes back (VERP)."""
    return tagged(_tag_of(email))


def mail_of_tag(tag: str) -> Email | None:
    """The mail that a tag names; None when it is gone, or when the site did not write the tag."""
    kind, _, rest = tag.partition("-")
    number = rest.partition("-")[0]
    if kind != MAIL_TAG or not (tag.isascii() and number.isdigit() and len(number) <= 10 and int(number) < 2**31):
        return None
    email = db.session.get(Email, int(number))
    return email if email and hmac.compare_digest(_tag_of(email), tag) else None


def _tag_of(email: Email) -> str:
    # A database may give the number of a deleted mail to the next one; the Message-ID tells them apart.
    secret = current_app.config["SECRET_KEY"].encode()
    signature = hmac.digest(secret, b"bounce of mail:%d:%s" % (email.id, email.message_id.encode()), "sha256").hex()
    return f"{MAIL_TAG}-{email.id}-{signature[:16]}"
