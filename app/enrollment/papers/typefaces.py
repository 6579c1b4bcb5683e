"""Which typeface can set a text. A name may be in any script, and none may come out empty, mirrored or as boxes."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from fontTools.ttLib import TTFont

from app.people.forms import JOINERS, plain_line

SERIF, SANS, SEMIBOLD = "serif", "sans", "sans-semibold"
# For what the site's own typefaces lack: Hebrew, Arabic, Armenian, Georgian and more; Han, kana and hangul.
OTHERS = ("many-scripts", "east-asian")
# In place of letters that none of them has.
LACKING = "[…]"
_JOINERS = re.compile(f"[{JOINERS}]")
_FOLDER = Path(__file__).parent / "fonts"


class Set(NamedTuple):
    """A text as it can be set, and the typeface that has all of its letters; None if it takes more than one."""

    text: str
    face: str | None


def file_of(face: str) -> Path:
    return _FOLDER / f"{face}.ttf"


def set_in(face: str, text: str) -> Set:
    """`text` in `face`; in the first other typeface that has all of its letters; or letter by letter, as far as any has
    them. Words of one name stay in one typeface, because right-to-left text is put in order within one only.
    """
    bare = _JOINERS.sub("", text)  # Typefaces for what joins nothing have no joiners.
    for words in (text, bare):
        if whole := _face_of(face, words):
            return Set(words, whole)
    text = _without_lacking(face, bare)
    return Set(text, _face_of(face, text))


def is_whole(*texts: str) -> bool:
    """Whether the typefaces have every letter of `texts`."""
    return all(_has_any(letter) for text in texts for letter in plain_line(text))


def _face_of(face: str, text: str) -> str | None:
    return next((it for it in (face, SANS, *OTHERS) if all(_has(it, letter) for letter in text)), None)


def _without_lacking(face: str, text: str) -> str:
    kept: list[str] = []
    for letter in text:
        if _has(face, letter) or _has_any(letter):
            kept.append(letter)
        elif not kept or kept[-1] != LACKING:
            kept.append(LACKING)
    return "".join(kept)


def _has_any(letter: str) -> bool:
    return any(_has(face, letter) for face in (SANS, *OTHERS))


def _has(face: str, letter: str) -> bool:
    return ord(letter) in _letters(face)


@cache
def _letters(face: str) -> frozenset[int]:
    with TTFont(file_of(face), lazy=True) as font:
        return frozenset(font.getBestCmap())
