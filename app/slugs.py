"""Words as they stand in an address or the name of a file."""

import re
import unicodedata
from collections.abc import Collection


def slug_of(text: str, most: int, otherwise: str) -> str:
    """ "Ordinary joy, & more" is ordinary-joy-more. `otherwise`, when nothing is left of `text`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:most].strip("-") or otherwise


def free_slug(slug: str, taken: Collection[str]) -> str:
    """`slug`, or with the first number behind it that makes it one of its own."""
    numbered = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (slug, *numbered) if name not in taken)
