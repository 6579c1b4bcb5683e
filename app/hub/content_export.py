"""The hub's content written as files, so that taking them in again gives the same rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.content_files import ContentFile
from app.extensions import db
from app.hub.gathering import Hub
from app.hub.models import Article, ExternalLink, Page, Question, Video
from app.hub.section_texts import put_together

Meta = dict[str, Any]


def export_to(folder: Path) -> None:
    """Write every piece to the folder of its kind, under its slug."""
    for kind, model, meta, body in _KINDS:
        for row in db.session.scalars(select(model).order_by(model.slug)):
            ContentFile(folder / kind / f"{row.slug}.md", meta(row), body(row)).write()


def _video(video: Video) -> Meta:
    return {"title": video.title, "slug": video.slug, "youtube_id": video.youtube_id, "summary": video.summary}


def _link(link: ExternalLink) -> Meta:
    return {
        "title": link.title,
        "slug": link.slug,
        "url": link.url,
        "organization": link.organization,
        "summary": link.summary,
    }


def _question(question: Question) -> Meta:
    return {"title": question.title, "slug": question.slug}


def _page(page: Page) -> Meta:
    asked = {"title": page.title, "slug": page.slug, "description": page.description}
    free = {
        "eyebrow": page.eyebrow,
        "heading": page.heading,
        "lede": page.lede,
        "sample": page.is_sample,
        "ways": page.ways,
    }
    return asked | {key: value for key, value in free.items() if value}


def _article(article: Article) -> Meta:
    return {
        "title": article.title,
        "slug": article.slug,
        "summary": article.summary,
        "description": article.description,
        "published": article.published_on,
        "updated": article.updated_on,
        **({"hub": article.hub.slug} if article.hub else {}),
        "topic": article.topic,
        **_slugs("related", article.related),
    }


def _hub(hub: Hub) -> Meta:
    return {
        "title": hub.title,
        "slug": hub.slug,
        "eyebrow": hub.eyebrow,
        "lede": hub.lede,
        "description": hub.description,
        "published": hub.published_on,
        "updated": hub.updated_on,
        **_slugs("articles", hub.articles),
        **_slugs("videos", hub.videos),
        **_slugs("links", hub.links),
        **_slugs("questions", hub.questions),
        "sections": [
            {"heading": section.heading, "anchor": section.anchor, "short": section.short, "shows": section.shows}
            for section in hub.sections
        ],
    }


def _slugs(key: str, rows: Any) -> Meta:
    return {key: [row.slug for row in rows]} if rows else {}


def _hub_body(hub: Hub) -> str:
    return put_together((section.heading, section.body) for section in hub.sections)


_KINDS: tuple[tuple[str, Any, Callable[[Any], Meta], Callable[[Any], str]], ...] = (
    ("hubs", Hub, _hub, _hub_body),
    ("articles", Article, _article, lambda article: article.body),
    ("videos", Video, _video, lambda video: video.body),
    ("links", ExternalLink, _link, lambda link: ""),
    ("questions", Question, _question, lambda question: question.body),
    ("pages", Page, _page, lambda page: page.body),
)
