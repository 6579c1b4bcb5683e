"""What the preflight of an issue finds."""

from typing import NamedTuple


class Finding(NamedTuple):
    """Something to mend. While one that `blocks` is there, the issue must not go; the others are worth a look.

    `field` is the one of the issue it is about, or "" when it is about the site.
    """

    code: str
    message: str
    blocks: bool
    field: str


def cut(text: str) -> str:
    """Enough of `text` to find it again."""
    return text if len(text) <= 80 else text[:79] + "…"
