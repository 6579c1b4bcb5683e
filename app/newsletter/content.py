"""The newsletter's page as a file: newsletter/offer.md."""

from pathlib import Path

from sqlalchemy import select

from app import front_matter as read
from app.content_files import ContentFile
from app.extensions import db
from app.newsletter.offer import Offer, Topic

_TEXTS = {"title": 200, "slug": 80, "lede": 2000, "description": 500, "frequency": 80}


def import_from(folder: Path) -> None:
    """Take in `folder`/newsletter/offer.md, if it is there. Raises ContentError."""
    path = folder / "newsletter" / "offer.md"
    if not path.exists():
        return
    file = ContentFile.read(path, required=(*_TEXTS, "topics"), optional=("sample",))
    offer = Offer.current() or Offer()
    for key, most in _TEXTS.items():
        setattr(offer, key, read.slug(file, key, most) if key == "slug" else read.line(file, key, most))
    offer.sample, offer.body = read.yes_or_no(file, "sample"), read.body(file)
    db.session.add(offer)
    _import_topics(file)
    db.session.flush()


def export_to(folder: Path) -> None:
    """Write newsletter/offer.md under `folder`, so that importing it gives the same rows."""
    if (offer := Offer.current()) is None:
        return
    meta = {key: getattr(offer, key) for key in _TEXTS}
    if offer.sample:
        meta["sample"] = True
    meta["topics"] = [{"key": topic.key, "label": topic.label} for topic in Topic.offered()]
    ContentFile(folder / "newsletter" / "offer.md", meta, offer.body).write()


def _import_topics(file: ContentFile) -> None:
    wanted = read.choices(file, "topics")
    known = {topic.key: topic for topic in db.session.scalars(select(Topic))}
    for topic in known.values():
        topic.is_offered = topic.key in wanted
    for position, (key, label) in enumerate(wanted.items(), start=1):
        topic = known.get(key) or Topic(key=key)
        topic.label, topic.position = label, position
        db.session.add(topic)
