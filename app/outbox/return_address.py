"""Where mail comes back to: one address, with a tag after a plus sign that says what it is about (RFC 5233)."""

import re

from flask import current_app


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
