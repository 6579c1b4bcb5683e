"""Search: every word typed must be in a piece; pieces that carry them in the title come first."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.extensions import db
from app.hub.gathering import Hub, HubLink, HubQuestion, HubSection, HubVideo
from app.hub.models import Article, ExternalLink, Page, Question, Video

LONGEST_QUERY = 200
MOST_WORDS = 8
MOST_RESULTS = 30
EXCERPT_CHARACTERS = 200

CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"

Column = InstrumentedAttribute[str]

# Pages that have an address of their own kind; every other page is a policy.
PAGE_ENDPOINTS = {"home": "hub.home", "guide": "hub.guide"}


class Result(NamedTuple):
    """A piece that was found: where it is, and a few of its words with what was typed marked in them."""

    title: str
    url: str
    kind: str
    excerpt: Markup


def words_in(query: str) -> list[str]:
    """The words of `query` to look for. Quotation marks, control characters and what is too much are left out."""
    straight = query[:LONGEST_QUERY].replace(CURLY, "'")
    printable = "".join(character if character.isprintable() else " " for character in straight)
    return re.sub(r'["“”]', " ", printable).split()[:MOST_WORDS]


def find(query: str) -> list[Result]:
    """What `query` finds, the best first, in a fixed number of queries and never more than MOST_RESULTS."""
    if not (words := words_in(query)):
        return []
    found = [*_hubs(words), *_articles(words), *_sections(words), *_gathered(words), *_pages(words)]
    found.sort(key=lambda ranked: ranked[0])  # Stable: of equal rank, hubs and articles stay first.
    return [result for _rank, result in found[:MOST_RESULTS]]


def _hubs(words: list[str]) -> Iterator[tuple[int, Result]]:
    for found_at, hub in best_first(select(rank(words, Hub.title, Hub.lede), Hub), words, Hub.title, Hub.lede):
        yield found_at, Result(hub.title, url_for("hub.show_hub", slug=hub.slug), "Hub", excerpt(words, hub.lede))


def _articles(words: list[str]) -> Iterator[tuple[int, Result]]:
    looked_in = (Article.title, Article.summary, Article.body)
    for found_at, article in best_first(select(rank(words, *looked_in), Article), words, *looked_in):
        url = url_for("hub.show_article", slug=article.slug)
        yield found_at, Result(article.title, url, "Article", excerpt(words, article.text, article.summary))


def _sections(words: list[str]) -> Iterator[tuple[int, Result]]:
    found = select(rank(words, HubSection.heading, HubSection.body), HubSection, Hub).join(Hub)
    for found_at, section, hub in best_first(found, words, HubSection.heading, HubSection.body):
        url = url_for("hub.show_hub", slug=hub.slug, _anchor=section.anchor)
        yield found_at, Result(section.heading, url, hub.title, excerpt(words, section.text))


def _gathered(words: list[str]) -> Iterator[tuple[int, Result]]:
    """What has no page of its own: it is found where a hub shows it."""
    kinds: tuple[tuple[str, Any, Any, tuple[Column, ...]], ...] = (
        ("Question", Question, HubQuestion, (Question.title, Question.body)),
        ("Video", Video, HubVideo, (Video.title, Video.summary, Video.body)),
        ("Organization", ExternalLink, HubLink, (ExternalLink.title, ExternalLink.organization, ExternalLink.summary)),
    )
    for kind, model, place, looked_in in kinds:
        found = select(rank(words, *looked_in), model, Hub).join(place, place.piece_id == model.id).join(Hub)
        for found_at, piece, hub in best_first(found, words, *looked_in):
            url = url_for("hub.show_hub", slug=hub.slug, _anchor=piece.slug)
            texts = [getattr(piece, name) for name in ("summary", "text") if hasattr(piece, name)]
            yield found_at, Result(piece.title, url, kind, excerpt(words, *texts))


def _pages(words: list[str]) -> Iterator[tuple[int, Result]]:
    found = select(rank(words, Page.title, Page.lede, Page.body), Page)
    for found_at, page in best_first(found, words, Page.title, Page.lede, Page.body):
        url = url_for(PAGE_ENDPOINTS.get(page.slug, "hub.show_page"), slug=page.slug)
        yield found_at, Result(page.title, url, "Page", excerpt(words, page.text, page.lede))


def rank(words: list[str], title: Column, *texts: Column) -> ColumnElement[int]:
    """Of a piece: first comes whose title holds the words as they were typed, next whose title holds every word, then
    whose text holds them as they were typed.
    """
    # Any character may stand between them: where a line ends that is no blank.
    escaped = (re.sub(r"([/%_])", r"/\1", word) for word in words)
    typed = f"%{'_'.join(escaped)}%"
    together = or_(*(text.ilike(typed, escape="/") for text in texts))
    return case((title.ilike(typed, escape="/"), 0), (_holds(words, title), 1), (together, 2), else_=3)


def _holds(words: list[str], *columns: Column) -> ColumnElement[bool]:
    return and_(*(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))


def best_first(found: Select[*tuple[Any, ...]], words: list[str], *looked_in: Column) -> list[Any]:
    """What `found` selects, its rank first, where every word is in one of the columns `looked_in`: MOST_RESULTS."""
    ranked, title = found.selected_columns[0], looked_in[0]
    return list(db.session.execute(found.where(_holds(words, *looked_in)).order_by(ranked, title).limit(MOST_RESULTS)))


def excerpt(words: list[str], *texts: str) -> Markup:
    """The first of `texts` that holds the words as they were typed, or else one of them, from a little before them on;
    else the beginning of the first.
    """
    escaped = [re.escape(word) for word in words]
    pattern, together = (re.compile(between.join(escaped), re.IGNORECASE) for between in ("|", r"\s+"))
    straight = [text.replace(CURLY, "'") for text in texts]
    for wanted in (together, pattern):
        for text in straight:
            if match := wanted.search(text):
                return _marked(pattern, _cut(text, match.start()))
    return _marked(pattern, _cut(straight[0], 0))


def _cut(text: str, at: int) -> str:
    start = text.rfind(" ", 0, max(0, at - EXCERPT_CHARACTERS // 3)) + 1
    end = start + EXCERPT_CHARACTERS
    piece = text[start:end] if end >= len(text) else text[start:end].rpartition(" ")[0] + " …"
    return f"… {piece}" if start else piece


def _marked(pattern: re.Pattern[str], text: str) -> Markup:
    marked, last = Markup(), 0
    for match in pattern.finditer(text):
        marked += escape(text[last : match.start()]) + Markup("<mark>{}</mark>").format(match[0])
        last = match.end()
    return marked + escape(text[last:])
