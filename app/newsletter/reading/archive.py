"""Past issues as anybody may read them on the site: which there are, and their text without anybody's own in it."""

import re
from html import unescape
from typing import NamedTuple

from flask import current_app
from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import load_only

from app import markdown
from app.extensions import db
from app.followups import merge
from app.newsletter.issues.cards import Cards
from app.newsletter.issues.composing import OF_THE_RECIPIENT, Blanks
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import Cover

LISTED = 20
DESCRIPTION = 160

# A greeting without a name: the comma before it goes with it, or the one after it at the beginning of a line.
_NAMELESS = re.compile(r"^\{first_name\|?\}[,;:]?[ \t]*|,?[ \t]*\{first_name\|?\}", re.MULTILINE)
_LINK = re.compile(r'(<a(?:[^">]|"[^"]*")*>)(.*?)</a>', re.DOTALL)
_LINK_ALONE = re.compile(r'<p>\s*(<a(?:[^">]|"[^"]*")*>)[^<]*</a>[.!]?\s*</p>\n?')
_PICTURE = re.compile(r'<img(?:[^">]|"[^"]*")*>')
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')


class Shelf(NamedTuple):
    """Some issues of the archive, newest first, and whether there are older ones."""

    issues: list[Issue]
    has_older: bool


def issue_at(slug: str) -> Issue | None:
    """The issue of this address, if anybody may read it."""
    return db.session.scalar(select(Issue).where(Issue.slug == slug, Issue.archived()))


def newest(count: int) -> list[Issue]:
    """The latest issues, with their text."""
    return list(db.session.scalars(select(Issue).where(Issue.archived()).order_by(*_NEWEST_FIRST).limit(count)))


def shelf(before: Issue | None = None) -> Shelf:
    """The latest issues, or those that went out before one, without their text."""
    wanted = select(Issue).where(Issue.archived(), *([_went_before(before)] if before else []))
    issues = list(db.session.scalars(wanted.order_by(*_NEWEST_FIRST).limit(LISTED + 1).options(_LISTED_OF_IT)))
    return Shelf(issues[:LISTED], len(issues) > LISTED)


def everything() -> list[Issue]:
    """Every issue that anybody may read, newest first, without its text."""
    wanted = select(Issue).where(Issue.archived()).order_by(*_NEWEST_FIRST)
    return list(db.session.scalars(wanted.options(_LISTED_OF_IT)))


def neighbors(issue: Issue) -> tuple[Issue | None, Issue | None]:
    """The issues before and after this one."""
    archived = select(Issue).where(Issue.archived()).options(_LISTED_OF_IT).limit(1)
    older = archived.where(_went_before(issue)).order_by(*_NEWEST_FIRST)
    newer = archived.where(_went_after(issue)).order_by(Issue.frozen_at, Issue.id)
    return db.session.scalar(older), db.session.scalar(newer)


def html_of(issue: Issue) -> Markup:
    """The issue's text for everybody: fallbacks in place of names, no link that was a reader's own, and pictures of
    this site only, because its pages ask nobody else for anything."""
    blanks, cards = Blanks(), Cards()
    source = merge.replace(
        _NAMELESS.sub("", cards.marked(issue.body)), lambda field, fallback: _for_all(field, fallback, blanks)
    )
    html = _LINK_ALONE.sub(lambda link: "" if blanks.are_in(link[1]) else link[0], markdown.render(source))
    html = _LINK.sub(lambda link: link[2] if blanks.are_in(link[1]) else link[0], html)
    html = "".join(part for part in blanks.passage(html) if isinstance(part, str))
    html = _PICTURE.sub(lambda found: _picture(found[0]), html)
    return Markup(cards.in_html(html, "newsletter/_card.html"))  # noqa: S704 - cleaned, and cards are from a template.


def summary_of(issue: Issue) -> str:
    """What the issue is about, in a line: its preview, else how it begins."""
    preview = merge.replace(_NAMELESS.sub("", issue.preview), lambda field, fallback: _for_all(field, fallback, None))
    return " ".join(preview.split()) or _cut(" ".join(html_of(issue).striptags().split()))


def cover_of(issue: Issue) -> Cover | None:
    """The issue's cover, if it is a picture of this site."""
    cover = Cover.at(issue.cover)
    return cover._replace(url=_own_path(cover.url)) if cover and _own_path(cover.url) else None


def _own_path(source: str) -> str:
    """The path of a picture of this site, "" when it lies elsewhere."""
    path = source.removeprefix(current_app.config["SITE_URL"])
    return path if path.startswith("/") and not path.startswith("//") else ""


_NEWEST_FIRST = (Issue.frozen_at.desc(), Issue.id.desc())
_LISTED_OF_IT = load_only(Issue.slug, Issue.title, Issue.preview, Issue.frozen_at)


def _went_before(issue: Issue) -> ColumnElement[bool]:
    return or_(Issue.frozen_at < issue.frozen_at, and_(Issue.frozen_at == issue.frozen_at, Issue.id < issue.id))


def _went_after(issue: Issue) -> ColumnElement[bool]:
    return or_(Issue.frozen_at > issue.frozen_at, and_(Issue.frozen_at == issue.frozen_at, Issue.id > issue.id))


def _for_all(field: str, fallback: str, blanks: Blanks | None) -> str:
    escaped = merge.as_markdown_text if blanks else str
    if field in merge.OF_THE_SITE:
        return escaped(merge.OF_THE_SITE[field]())
    if field == "first_name":
        return escaped(fallback)
    if field in OF_THE_RECIPIENT:
        return blanks.mark(field) if blanks else ""
    return escaped(f"{{{field}|{fallback}}}" if fallback else f"{{{field}}}")


def _picture(tag: str) -> str:
    attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
    source, alt = attributes.get("src", ""), attributes.get("alt", "")
    if path := _own_path(source):
        return Markup('<img src="{}" alt="{}" loading="lazy">').format(path, alt)
    return Markup('<a href="{}">{}</a>').format(source, f"Picture: {alt}" if alt else "A picture")


def _cut(text: str) -> str:
    return text if len(text) <= DESCRIPTION else text[:DESCRIPTION].rpartition(" ")[0] + " …"
