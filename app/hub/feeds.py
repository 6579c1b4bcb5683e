"""For readers' programs and search engines: Atom (RFC 4287), JSON Feed 1.1, the sitemap and robots.txt."""

import json
import re
from datetime import date
from itertools import chain

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
    "/coaching/consultations/",
    "/course/checkout",
    "/stripe/",
)

# What XML 1.0 has no way to write, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# A link to a page of this site, or to a place on the same page, as the cleaner of Markdown writes it.
_OWN_LINK = re.compile('(<(?:a href|img src)=")(#|/(?!/))')


def atom() -> str:
    articles = Article.newest(NEWEST)
    updated = max((article.updated_on for article in articles), default=now().date())
    return _xml("hub/feed.atom.xml", articles=articles, updated=updated, moment=moment, content=absolute_html)


def json_feed() -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": current_app.config["SITE_NAME"],
        "home_page_url": absolute_url("hub.home"),
        "feed_url": absolute_url("hub.json_feed"),
        "language": "en-US",
        "authors": [{"name": current_app.config["SITE_NAME"], "url": absolute_url("hub.home")}],
        "items": [_item(article) for article in Article.newest(NEWEST)],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def sitemap() -> str:
    """Every page a search engine may keep, with the day it last changed where we know it."""
    return _xml("hub/sitemap.xml", pages=list(chain(_front_pages(), _policies(), _hubs(), _articles())))


def robots() -> str:
    rules = "".join(f"Disallow: {path}\n" for path in KEPT_FROM_ROBOTS)
    return f"User-agent: *\n{rules}\nSitemap: {absolute_url('hub.sitemap')}\n"


def moment(day: date) -> str:
    """`day` as the moment feeds want (RFC 3339)."""
    return f"{day.isoformat()}T00:00:00Z"


def absolute_html(article: Article) -> str:
    """The article's HTML with links that work away from this site."""
    bases = {"/": absolute("/"), "#": f"{absolute_url('hub.show_article', slug=article.slug)}#"}
    return _OWN_LINK.sub(lambda link: link[1] + bases[link[2]], article.html)


def _item(article: Article) -> dict[str, object]:
    url = absolute_url("hub.show_article", slug=article.slug)
    return {
        "id": url,
        "url": url,
        "title": article.title,
        "summary": article.summary,
        "content_html": absolute_html(article),
        "date_published": moment(article.published_on),
        "date_modified": moment(article.updated_on),
        "tags": [article.topic],
    }


def _xml(template: str, **context: object) -> str:
    return _NOT_XML.sub("", render_template(template, **context))


Pages = list[tuple[str, date | None]]


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
