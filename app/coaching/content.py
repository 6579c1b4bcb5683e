"""The offer as a file: coaching/offer.md, taken in and given back without loss; beside it its kinds and coaches."""

from pathlib import Path
from typing import Any

from app import front_matter as read
from app.coaching.availability import content as availability_content
from app.coaching.offer import SLUG, CoachingOffer
from app.content_files import ContentError, ContentFile
from app.extensions import db

# In the order in which a file names them.
KEYS = (
    *("title", "slug", "eyebrow", "lede", "description", "sample", "price_note"),
    *("questions", "topics", "career_stages"),
)
# Front matter calls questions what the row keeps as their slugs.
COLUMNS = {"questions": "question_slugs"}


def import_from(folder: Path) -> None:
    """Take in the kinds, the coaches and the offer of `folder`, those that it holds. Raises ContentError."""
    availability_content.import_from(folder)
    if not (path := _path_in(folder)).exists():
        return
    file = ContentFile.read(path, required=KEYS)
    columns = _columns(file)
    offer = CoachingOffer.current()
    if offer is None:
        db.session.add(offer := CoachingOffer())
    for name, value in columns.items():
        setattr(offer, name, value)


def export_to(folder: Path) -> None:
    """Write them into `folder`."""
    availability_content.export_to(folder)
    if offer := CoachingOffer.current():
        meta = {key: getattr(offer, COLUMNS.get(key, key)) for key in KEYS}
        ContentFile(_path_in(folder), meta, offer.body).write()


def _path_in(folder: Path) -> Path:
    return folder / "coaching" / "offer.md"


def _columns(file: ContentFile) -> dict[str, Any]:
    if file.meta["slug"] != SLUG:
        raise ContentError(f"{file.path}: slug is {file.meta['slug']!r}: it has to be {SLUG}")
    return {
        "title": read.line(file, "title"),
        "slug": SLUG,
        "eyebrow": read.optional_line(file, "eyebrow"),
        "lede": read.line(file, "lede", 2000),
        "description": read.line(file, "description", 500),
        "sample": read.yes_or_no(file, "sample"),
        "price_note": read.optional_line(file, "price_note", 500),
        "question_slugs": read.slugs(file, "questions"),
        "topics": _choices(file, "topics"),
        "career_stages": _choices(file, "career_stages"),
        "body": read.body(file),
    }


def _choices(file: ContentFile, key: str) -> list[dict[str, str]]:
    if not (found := read.choices(file, key)):
        raise ContentError(f"{file.path}: {key} is empty: the request form needs something to choose from")
    return [{"key": name, "label": label} for name, label in found.items()]
