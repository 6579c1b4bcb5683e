"""The hub's content as files: Markdown with front matter, one folder for each kind of piece."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from app import front_matter as read
from app.content_files import ContentError, ContentFile
from app.extensions import Model, db
from app.hub.content_export import export_to as export_to
from app.hub.gathering import SHOWS, Hub, HubSection
from app.hub.models import Article, ExternalLink, Page, Question, Video
from app.hub.section_texts import take_apart

Row = TypeVar("Row", bound=Model)
Files = dict[str, ContentFile]


def import_from(folder: Path) -> None:
    """Take in every piece of `folder` by its slug, changing what differs and nothing else.

    What is not in `folder` stays as it is. Raises ContentError; the caller then rolls back.
    """
    for kind, model, required, optional, fields in _SIMPLE_KINDS:
        for slug, file in _files(folder / kind, required, optional).items():
            _upsert(model, slug, fields(file))
    hubs = _files(folder / "hubs", _HUB, ("articles", "videos", "links", "questions"))
    articles = _files(folder / "articles", _ARTICLE, ("hub", "related"))
    hub_rows = {slug: _upsert(Hub, slug, _hub(file)) for slug, file in hubs.items()}
    article_rows = {slug: _upsert(Article, slug, _article(file)) for slug, file in articles.items()}
    for slug, file in articles.items():
        _lead_on(article_rows[slug], file)
    for slug, file in hubs.items():
        _gather(hub_rows[slug], file)
    db.session.flush()


_HUB = ("title", "slug", "eyebrow", "lede", "description", "published", "updated", "sections")
_ARTICLE = ("title", "slug", "summary", "description", "published", "updated", "topic")


def _video(file: ContentFile) -> dict[str, Any]:
    return {
        "title": read.line(file, "title"),
        "youtube_id": read.youtube_id(file, "youtube_id"),
        "summary": read.line(file, "summary", 500),
        "body": read.body(file),
    }


def _link(file: ContentFile) -> dict[str, Any]:
    if file.body:
        raise ContentError(f"{file.path}: a link has no text of its own: put it into the summary")
    return {
        "title": read.line(file, "title"),
        "url": read.address(file, "url"),
        "organization": read.line(file, "organization"),
        "summary": read.line(file, "summary", 500),
    }


def _question(file: ContentFile) -> dict[str, Any]:
    return {"title": read.line(file, "title"), "body": read.body(file)}


def _page(file: ContentFile) -> dict[str, Any]:
    return {
        "title": read.line(file, "title"),
        "description": read.line(file, "description", 500),
        "eyebrow": read.optional_line(file, "eyebrow"),
        "heading": read.optional_line(file, "heading"),
        "lede": read.optional_line(file, "lede", 500),
        "is_sample": read.yes_or_no(file, "sample"),
        "ways": read.ways(file),
        "body": read.body(file),
    }


def _hub(file: ContentFile) -> dict[str, Any]:
    return {
        "title": read.line(file, "title"),
        "eyebrow": read.line(file, "eyebrow"),
        "lede": read.line(file, "lede", 500),
        "description": read.line(file, "description", 500),
        "published_on": file.day("published"),
        "updated_on": file.day("updated"),
    }


def _article(file: ContentFile) -> dict[str, Any]:
    hub = read.optional_slug(file, "hub")
    return {
        "title": read.line(file, "title"),
        "summary": read.line(file, "summary", 500),
        "description": read.line(file, "description", 500),
        "topic": read.line(file, "topic", 60),
        "published_on": file.day("published"),
        "updated_on": file.day("updated"),
        "hub": _named(Hub, [hub], file, "hub")[0] if hub else None,
        "body": read.body(file),
    }


_SIMPLE_KINDS: tuple[tuple[str, type[Any], tuple[str, ...], tuple[str, ...], Callable[..., dict[str, Any]]], ...] = (
    ("videos", Video, ("title", "slug", "youtube_id", "summary"), (), _video),
    ("links", ExternalLink, ("title", "slug", "url", "organization", "summary"), (), _link),
    ("questions", Question, ("title", "slug"), (), _question),
    ("pages", Page, ("title", "slug", "description"), ("eyebrow", "heading", "lede", "sample", "ways"), _page),
)


def _lead_on(article: Article, file: ContentFile) -> None:
    related = _named(Article, read.slugs(file, "related"), file, "related")
    if article in related:
        raise ContentError(f"{file.path}: related names the article itself")
    if list(article.related) != related:
        article.related = related


def _gather(hub: Hub, file: ContentFile) -> None:
    for kind, model in (("articles", Article), ("videos", Video), ("links", ExternalLink), ("questions", Question)):
        pieces = _named(model, read.slugs(file, kind), file, kind)
        if list(getattr(hub, kind)) != pieces:
            setattr(hub, kind, pieces)
    sections = read.sections(file, SHOWS)
    texts = take_apart(file, read.body(file), [section["heading"] for section in sections])
    hub.arrange([section | {"body": text} for section, text in zip(sections, texts, strict=True)])
    for section in hub.sections:
        _check_lists(hub, section, file)


def _check_lists(hub: Hub, section: HubSection, file: ContentFile) -> None:
    lists, headings = len(hub.resources(section)), len(section.parts) - 1
    if section.shows == "resources" and headings != lists:
        raise ContentError(
            f"{file.path}: section {section.heading!r} has {headings} ### headings for the {lists} lists of the hub:"
            " give it one for each (articles, videos, links)"
        )


def _files(folder: Path, required: Iterable[str], optional: Iterable[str]) -> Files:
    """The files of `folder` by the slugs in them."""
    files: Files = {}
    for file in ContentFile.read_folder(folder, required=required, optional=optional):
        slug = read.slug(file)
        if slug in files:
            raise ContentError(f"{file.path}: its slug {slug!r} is that of {files[slug].path.name} too")
        files[slug] = file
    return files


def _upsert(model: type[Row], slug: str, fields: dict[str, Any]) -> Row:
    if (row := db.session.scalar(select(model).filter_by(slug=slug))) is None:
        row = model(slug=slug, **fields)
        db.session.add(row)
    for name, value in fields.items():
        setattr(row, name, value)
    return row


def _named(model: type[Row], slugs: list[str], file: ContentFile, key: str) -> list[Row]:
    """The rows of these slugs, in their order. Raises ContentError for a slug that nothing has."""
    rows = {row.slug: row for row in db.session.scalars(select(model).where(model.slug.in_(slugs)))}  # type: ignore[attr-defined]
    for slug in slugs:
        if slug not in rows:
            raise ContentError(f"{file.path}: {key} names {slug!r}, and there is none of that slug")
    return [rows[slug] for slug in slugs]
