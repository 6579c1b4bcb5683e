"""For readers' programs and search engines: Atom (RFC 4287), JSON Feed 1.1, the sitemap and robots.txt."""

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import chain
from typing import NamedTuple

from flask import current_app, render_template

from app.clock import now
from app.hub.gathering import Hub
from app.hub.models import Article
from app.urls import absolute, absolute_url

NEWEST = 30

# The front pages of every part of the site, by name: a part that is not built in is left out.
FRONT_PAGES = (
    "hub.home",
    "hub.guide",
    "hub.list_articles",
    "newsletter.show_newsletter",
    "newsletter.show_archive",
    "coaching.show_offer",
    "enrollment.show_course",
)
POLICIES = ("privacy", "terms", "accessibility")

# For signed-in people, behind mailed links, or one of endless many.
KEPT_FROM_ROBOTS = (
    "/studio/",
    "/learn/",
    "/sign-in",
    "/search",
    "/newsletter/clicks/",
    "/newsletter/confirm/",
    "/newsletter/copies/",
    "/newsletter/preferences/",
    "/newsletter/unsubscribe/",
    "/coaching/calendars/",
    "/coaching/consultations/",
    "/course/checkout",
    "/stripe/",
)

# What XML 1.0 has no way to write, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A link to a page of this site, or to a place on the same page, as the cleaner of Markdown writes it.
_OWN_LINK = re.compile('(<(?:a href|img src)=")(#|/(?!/))')


class Entry(NamedTuple):
    """A piece in a feed. `html` may lead to places of its own page and of this site; its links come out whole."""

    url: str
    title: str
    summary: str
    html: str
    topic: str
    published_on: date
    updated_on: date


Pages = list[tuple[str, date | None]]

# What feeds and sitemap hold, besides what is written here. Other rooms add theirs when imported: the newest entries,
# so many at most; and all pages, each with the day it last changed.
SOURCES: list[Callable[[int], list[Entry]]] = []
MAPS: list[Callable[[], Pages]] = []


def atom() -> str:
    entries = newest_entries()
    updated = max((entry.updated_on for entry in entries), default=now().date())
    return _xml("hub/feed.atom.xml", entries=entries, updated=updated, moment=moment, content=absolute_html)


def json_feed() -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": current_app.config["SITE_NAME"],
        "home_page_url": absolute_url("hub.home"),
        "feed_url": absolute_url("hub.json_feed"),
        "language": "en-US",
        "authors": [{"name": current_app.config["SITE_NAME"], "url": absolute_url("hub.home")}],
        "items": [_item(entry) for entry in newest_entries()],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def newest_entries() -> list[Entry]:
    """The latest of everything that is published, newest first."""
    found = [entry for source in (_of_articles, *SOURCES) for entry in source(NEWEST)]
    # Stable: of one day, each source's own order.
    return sorted(found, key=lambda entry: entry.published_on, reverse=True)[:NEWEST]


def sitemap() -> str:
    """Every page a search engine may keep, with the day it last changed where we know it."""
    pages = chain(_front_pages(), _policies(), _hubs(), _articles(), *(pages_of() for pages_of in MAPS))
    return _xml("hub/sitemap.xml", pages=list(pages))


def robots() -> str:
    rules = "".join(f"Disallow: {path}\n" for path in KEPT_FROM_ROBOTS)
    return f"User-agent: *\n{rules}\nSitemap: {absolute_url('hub.sitemap')}\n"


def moment(day: date) -> str:
    """`day` as the moment feeds want (RFC 3339)."""
    return f"{day.isoformat()}T00:00:00Z"


def absolute_html(entry: Entry) -> str:
    """The entry's HTML with links that work away from this site."""
    bases = {"/": absolute("/"), "#": f"{entry.url}#"}
    return _OWN_LINK.sub(lambda link: link[1] + bases[link[2]], entry.html)


def _of_articles(count: int) -> list[Entry]:
    return [
        Entry(
            url=absolute_url("hub.show_article", slug=article.slug),
            title=article.title,
            summary=article.summary,
            html=article.html,
            topic=article.topic,
            published_on=article.published_on,
            updated_on=article.updated_on,
        )
        for article in Article.newest(count)
    ]


def _item(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.url,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": absolute_html(entry),
        "date_published": moment(entry.published_on),
        "date_modified": moment(entry.updated_on),
        "tags": [entry.topic],
    }


def _xml(template: str, **context: object) -> str:
    return _NOT_XML.sub("", render_template(template, **context))


def _front_pages() -> Pages:
    return [(absolute_url(name), None) for name in FRONT_PAGES if name in current_app.view_functions]


def _policies() -> Pages:
    return [(absolute_url("hub.show_page", slug=slug), None) for slug in POLICIES]


def _hubs() -> Pages:
    return [(absolute_url("hub.show_hub", slug=hub.slug), hub.updated_on) for hub in Hub.all()]


def _articles() -> Pages:
    return [
        (absolute_url("hub.show_article", slug=article.slug), article.updated_on) for article in Article.newest_first()
    ]
