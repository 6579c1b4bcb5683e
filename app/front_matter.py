"""The fields of content files, checked one by one. Every refusal names the file and says what to mend."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from app.content_files import ContentError, ContentFile

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
# Where Markdown puts addresses: [words](address), [name]: address, <address>.
_UNSAFE_ADDRESS = re.compile(r"(?:\]\(|\]:|<)\s*<?\s*(?:javascript|vbscript|data|file):", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def line(file: ContentFile, key: str, most: int = 200) -> str:
    """The text under `key`: there, on one line, and no longer than `most` characters."""
    value = file.meta[key]
    if not isinstance(value, str) or not value.strip():
        raise ContentError(f"{file.path}: {key} is {value!r}: write a text, in quotation marks if need be")
    if _NOT_IN_A_LINE.search(value) or len(value) > most:
        raise ContentError(
            f"{file.path}: {key} must be one line of at most {most} characters, without control characters"
        )
    return value


def optional_line(file: ContentFile, key: str, most: int = 200) -> str:
    return line(file, key, most) if file.meta.get(key) else ""


def slug(file: ContentFile, key: str = "slug", most: int = 160) -> str:
    return _checked_slug(file, key, line(file, key, most))


def optional_slug(file: ContentFile, key: str) -> str | None:
    return slug(file, key) if file.meta.get(key) else None


def slugs(file: ContentFile, key: str) -> list[str]:
    """The list of slugs under `key`, each once; empty when the key is not there."""
    values = file.meta.get(key) or []
    if not isinstance(values, list):
        raise ContentError(f"{file.path}: {key} must be a list of slugs, one a line with a dash before it")
    checked = [_checked_slug(file, key, value) for value in values]
    _refuse_twice(file, key, checked)
    return checked


def address(file: ContentFile, key: str) -> str:
    """The address of another site's page."""
    value = line(file, key, 2000)
    if not _is_web_address(value):
        raise ContentError(f"{file.path}: {key} is {value!r}: give a full address that begins with https://")
    return value


def youtube_id(file: ContentFile, key: str) -> str | None:
    value = file.meta[key]
    if value is not None and not (isinstance(value, str) and _YOUTUBE_ID.fullmatch(value)):
        raise ContentError(f"{file.path}: {key} is {value!r}: give the 11 characters after v=, in quotes, or null")
    return value


def number(file: ContentFile, key: str, least: int, most: int) -> int:
    """The whole number under `key`."""
    value = file.meta[key]
    if type(value) is not int or not least <= value <= most:
        raise ContentError(f"{file.path}: {key} is {value!r}: write a whole number from {least} to {most}")
    return value


def yes_or_no(file: ContentFile, key: str, otherwise: bool = False) -> bool:
    """What stands under `key`; `otherwise`, when nothing does."""
    if not isinstance(value := file.meta.get(key, otherwise), bool):
        raise ContentError(f"{file.path}: {key} is {value!r}: write true or false")
    return value


def body(file: ContentFile) -> str:
    """The Markdown, if there is nothing in it that no reader should be given."""
    if link := unsafe_link(file.body):
        raise ContentError(f"{file.path}: its text holds the link {link!r}…: links begin with https://, mailto: or /")
    if found := _CONTROL.search(file.body):
        raise ContentError(f"{file.path}: its text holds the control character {found[0]!r}: remove it")
    return file.body


def unsafe_link(text: str) -> str:
    """The beginning of the first link in Markdown `text` that could run something; empty when there is none."""
    return found[0] if (found := _UNSAFE_ADDRESS.search(text)) else ""


def ways(file: ContentFile) -> list[dict[str, str]]:
    """The cards under `ways`, each with title, text, href (of this site, or a full address) and label."""
    found = [_entry(file, "ways", entry, ("title", "text", "href", "label")) for entry in entries(file, "ways")]
    for way in found:
        if not (_is_web_address(way["href"]) or re.match(r"/(?![/\\])", way["href"])):
            raise ContentError(f"{file.path}: href {way['href']!r} in ways: give a path such as /coaching/")
    return found


def choices(file: ContentFile, key: str) -> dict[str, str]:
    """The list of choices under `key`: the label of each by its key, in order."""
    values = entries(file, key)
    if not all(isinstance(each, dict) and each.keys() == {"key", "label"} for each in values):
        raise ContentError(f"{file.path}: {key} must be a list in which each has a key and a label, and nothing else")
    keys = [_checked_slug(file, key, each["key"], 40) for each in values]
    _refuse_twice(file, key, keys)
    return {name: line(file._replace(meta=each), "label", 80) for name, each in zip(keys, values, strict=True)}


def sections(file: ContentFile, shows: tuple[str, ...]) -> list[dict[str, str]]:
    """What the front matter says of each section: heading, anchor, short and shows, one of `shows`."""
    found = [
        _entry(file, "sections", each, ("heading", "anchor", "short", "shows")) for each in entries(file, "sections")
    ]
    for section in found:
        _checked_slug(file, "anchor", section["anchor"])
        if section["shows"] not in shows:
            raise ContentError(f"{file.path}: shows is {section['shows']!r}: it must be one of {', '.join(shows)}")
    for key in ("heading", "anchor"):
        _refuse_twice(file, key, [section[key] for section in found])
    return found


def entries(file: ContentFile, key: str) -> list[Any]:
    if not isinstance(values := file.meta.get(key) or [], list):
        raise ContentError(f"{file.path}: {key} must be a list")
    return values


def _entry(file: ContentFile, key: str, entry: Any, keys: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(entry, dict) or set(entry) != set(keys):
        raise ContentError(f"{file.path}: each of {key} must have {', '.join(keys)}, and nothing else")
    part = file._replace(meta=entry)
    return {name: line(part, name, 500 if name in ("text", "href") else 160) for name in keys}


def _checked_slug(file: ContentFile, key: str, value: Any, most: int = 160) -> str:
    if not isinstance(value, str) or len(value) > most or not _SLUG.fullmatch(value):
        raise ContentError(
            f"{file.path}: {key} holds {value!r}: use small letters, digits and single dashes, up to {most}"
        )
    return value


def _refuse_twice(file: ContentFile, key: str, values: list[str]) -> None:
    if twice := [value for value, count in Counter(values).items() if count > 1]:
        raise ContentError(f"{file.path}: {key} names {twice[0]!r} twice")


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and value.isprintable() and " " not in value
    except ValueError:
        return False
