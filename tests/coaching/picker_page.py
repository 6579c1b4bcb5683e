"""What the picker's page offers, as a browser would read it."""

import re
from typing import NamedTuple

_SLOT = re.compile(r'<label class="slot"[^>]*>\s*<input (?P<input>[^>]*)>(?P<words>.*?)</label>', re.DOTALL)


class Shown(NamedTuple):
    """A time on the page: what it is called in the form, what a screen reader says, and whether it is chosen."""

    value: str
    words: str
    is_chosen: bool


def times_on(page: str) -> list[Shown]:
    found = []
    for match in _SLOT.finditer(page):
        value = re.search(r'value="([^"]*)"', match["input"])
        words = " ".join(re.sub(r"<[^>]*>", "", match["words"]).split())
        found.append(Shown(value[1] if value else "", words, " checked" in match["input"]))
    return found


def words_on(page: str) -> list[str]:
    return [shown.words for shown in times_on(page)]


def text_of(page: str) -> str:
    """The text of its main part, in one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())
