"""The lists in the front matter of a lesson, checked entry by entry. Every refusal names the file and the key."""

from collections import Counter
from pathlib import Path
from typing import Any

from app import front_matter as read
from app.classroom.lessons import LONGEST_ADDRESS
from app.content_files import ContentError, ContentFile

MOST_ENTRIES = 20
LONGEST_LABEL, LONGEST_WORDS, LONGEST_KEY = 300, 1000, 40


def video(file: ContentFile) -> str | None:
    if file.meta.get("video") is None:
        return None
    address = read.address(file, "video")
    if not address.startswith("https://") or len(address) > LONGEST_ADDRESS:
        raise ContentError(f"{file.path}: video is {address!r}: give a full address that begins with https://, or null")
    return address


def audio(file: ContentFile) -> str | None:
    return None if file.meta.get("audio") is None else read.line(file, "audio", 100)


def downloads(file: ContentFile) -> list[dict[str, Any]]:
    return [
        {"title": read.line(entry, "title", LONGEST_LABEL), "file": read.line(entry, "file", 100)}
        for entry in _entries(file, "downloads", ("title", "file"))
    ]


def worksheet(file: ContentFile) -> list[dict[str, Any]]:
    return [
        {
            "key": read.slug(entry, "key", LONGEST_KEY),
            "label": read.line(entry, "label", LONGEST_LABEL),
            **({"help": read.line(entry, "help", LONGEST_WORDS)} if "help" in entry.meta else {}),
            "lines": read.number(entry, "lines", 1, 12),
        }
        for entry in _entries(file, "worksheet", ("key", "label", "lines"), ("help",))
    ]


def reflection(file: ContentFile) -> list[dict[str, Any]]:
    return [
        {"key": read.slug(entry, "key", LONGEST_KEY), "question": read.line(entry, "question", LONGEST_WORDS)}
        for entry in _entries(file, "reflection", ("key", "question"))
    ]


def quiz(file: ContentFile) -> list[dict[str, Any]]:
    return [_question(entry) for entry in _entries(file, "quiz", ("question", "options", "answer", "why"))]


def refuse_keys_twice(file: ContentFile, entries: list[dict[str, Any]]) -> None:
    """What learners write is kept under the key of the question, so that no two may have the same."""
    counted = Counter(entry["key"] for entry in entries)
    if twice := [key for key, count in counted.items() if count > 1]:
        raise ContentError(
            f"{file.path}: the key {twice[0]!r} is used twice: worksheet and reflection share their keys"
        )


def _question(entry: ContentFile) -> dict[str, Any]:
    options = read.entries(entry, "options")
    if not 2 <= len(options) <= 5:
        raise ContentError(f"{entry.path}: options must be a list of 2 to 5 answers to choose from")
    numbered = entry._replace(meta={f"options {number}": option for number, option in enumerate(options, 1)})
    return {
        "question": read.line(entry, "question", LONGEST_WORDS),
        "options": [read.line(numbered, key, LONGEST_WORDS) for key in numbered.meta],
        "answer": read.number(entry, "answer", 0, len(options) - 1),
        "why": read.line(entry, "why", LONGEST_WORDS),
    }


def _entries(
    file: ContentFile, key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> list[ContentFile]:
    """The entries of the list under `key`, each as a file of its own that says in its path which it is."""
    values = read.entries(file, key)
    if len(values) > MOST_ENTRIES:
        raise ContentError(f"{file.path}: {key} has {len(values)} entries: {MOST_ENTRIES} are the most")
    found = []
    for number, value in enumerate(values, 1):
        where = Path(f"{file.path}: {key} {number}")
        if not isinstance(value, dict) or not set(required) <= value.keys() <= {*required, *optional}:
            may = f", may have {' and '.join(optional)}" if optional else ""
            raise ContentError(f"{where}: it must have {', '.join(required)}{may}, and nothing else")
        found.append(ContentFile(where, value, ""))
    return found
