"""The offer as a file: coaching/offer.md, taken in and given back without loss."""

import re
from pathlib import Path
from typing import Any

from app.clock import is_zone
from app.coaching.offer import SLUG, CoachingOffer
from app.content_files import ContentError, ContentFile
from app.extensions import db

TEXTS = ("title", "slug", "eyebrow", "lede", "description", "price_note", "coach_name", "time_zone")
# In the order in which a file names them.
KEYS = (
    *("title", "slug", "eyebrow", "lede", "description", "sample", "duration_minutes", "price_note", "coach_name"),
    *("time_zone", "questions", "topics", "career_stages"),
)
# Front matter calls questions what the row keeps as their slugs.
COLUMNS = {"questions": "question_slugs"}


def import_from(folder: Path) -> None:
    """Take in the offer of `folder`, if it holds one. Raises ContentError."""
    if not (path := _path_in(folder)).exists():
        return
    file = ContentFile.read(path, required=KEYS)
    _check(file)
    offer = CoachingOffer.current()
    if offer is None:
        db.session.add(offer := CoachingOffer())
    for key in KEYS:
        setattr(offer, COLUMNS.get(key, key), file.meta[key])
    offer.body = file.body


def export_to(folder: Path) -> None:
    """Write the offer into `folder`."""
    if offer := CoachingOffer.current():
        meta = {key: getattr(offer, COLUMNS.get(key, key)) for key in KEYS}
        ContentFile(_path_in(folder), meta, offer.body).write()


def _path_in(folder: Path) -> Path:
    return folder / "coaching" / "offer.md"


def _check(file: ContentFile) -> None:
    meta = file.meta
    for key in TEXTS:
        _require(isinstance(meta[key], str), file, key, "write text")
    _require(meta["slug"] == SLUG, file, "slug", f"it has to be {SLUG}")
    _require(isinstance(meta["sample"], bool), file, "sample", "write true or false")
    minutes = meta["duration_minutes"]
    _require(type(minutes) is int and minutes > 0, file, "duration_minutes", "write a number of minutes, such as 45")
    _require(is_zone(meta["time_zone"]), file, "time_zone", "write an IANA name, such as America/New_York")
    slugs = meta["questions"]
    _require(isinstance(slugs, list) and all(map(_is_key, slugs)), file, "questions", "write a list of slugs")
    for key in ("topics", "career_stages"):
        _require(_are_choices(meta[key]), file, key, "write a list, each with its own key and a label")


def _require(holds: bool, file: ContentFile, key: str, what_to_do: str) -> None:
    if not holds:
        raise ContentError(f"{file.path}: {key} is {file.meta[key]!r}: {what_to_do}")


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,160}", value) is not None


def _are_choices(value: Any) -> bool:
    if not isinstance(value, list) or not value or not all(map(_is_choice, value)):
        return False
    return len({choice["key"] for choice in value}) == len(value)


def _is_choice(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != {"key", "label"}:
        return False
    return _is_key(value["key"]) and len(value["key"]) <= 40 and isinstance(value["label"], str)
