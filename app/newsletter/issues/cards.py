"""Cards in an issue: a line of its own like [article: Coach, Therapist, Mentor, or Advisor?] shows what it names."""

import re
import secrets
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from html import escape
from typing import NamedTuple

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import load_only

from app.extensions import db
from app.hub.models import Article, Video, listed
from app.urls import absolute_url

LINE = re.compile(r"^ {0,3}\[([a-z]+):[ \t]*(\S(?:[^\n]*\S)?)[ \t]*\][ \t]*$", re.MULTILINE)


class Card(NamedTuple):
    """What a card shows of a piece, and where it leads. `facts` are lines such as a price."""

    slug: str
    title: str
    summary: str
    url: str
    label: str
    facts: tuple[str, ...] = ()


class Unknown(NamedTuple):
    """A card that names nothing there is, and the titles that come closest."""

    kind: str
    name: str
    closest: list[str]

    def __str__(self) -> str:
        offered = " or ".join(f"“{title}”" for title in self.closest)
        return f"There is no {self.kind} called “{self.name}”." + (f" Did you mean {offered}?" if offered else "")


def _articles() -> list[Card]:
    return [
        Card(
            article.slug,
            article.title,
            article.summary,
            absolute_url("hub.show_article", slug=article.slug),
            "Read the article",
        )
        for article in db.session.scalars(select(Article).options(listed()))
    ]


def _videos() -> list[Card]:
    shown = load_only(Video.slug, Video.title, Video.summary, Video.youtube_id)
    return [
        Card(video.slug, video.title, video.summary, video.url, "Watch the video")
        for video in db.session.scalars(select(Video).options(shown))
    ]


# All that can be named, by kind. Other rooms add theirs when imported.
SHELVES: dict[str, Callable[[], list[Card]]] = {"article": _articles, "video": _videos}


def unknown(text: str) -> list[Unknown]:
    """The cards in Markdown `text` that name nothing there is, in order."""
    return [_closest_to(kind, name) for kind, name, card in _named_in(text) if card is None]


def _named_in(text: str) -> Iterator[tuple[str, str, Card | None]]:
    shelves: dict[str, dict[str, Card]] = {}
    for kind, name in LINE.findall(text):
        if kind in SHELVES:
            if kind not in shelves:
                shelves[kind] = _by_name(kind)
            yield kind, name, shelves[kind].get(_plain(name))


def _by_name(kind: str) -> dict[str, Card]:
    cards = SHELVES[kind]()
    return {_plain(card.slug): card for card in cards} | {_plain(card.title): card for card in cards}


def _closest_to(kind: str, name: str) -> Unknown:
    titles = {_plain(card.title): card.title for card in SHELVES[kind]()}
    found = get_close_matches(_plain(name), titles, n=3, cutoff=0.5)
    return Unknown(kind, name, [titles[title] for title in found])


def _plain(name: str) -> str:
    """`name` so that case, spaces and the kind of quotation mark make no difference."""
    return " ".join(name.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}).split()).casefold()


class Cards:
    """Stand-ins for the cards of a text while it goes through Markdown, which would take brackets for its own."""

    def __init__(self) -> None:
        # Nobody can have written it before.
        self._prefix = f"card{secrets.token_hex(8)}n"
        self._mark = re.compile(f"{self._prefix}(\\d+)e")
        self._kept: list[tuple[Card, str]] = []

    def marked(self, text: str) -> str:
        """Markdown `text` with a paragraph of one word in place of each card; what names nothing stays as typed."""
        named = _named_in(text)

        def mark(line: re.Match[str]) -> str:
            card = next(named)[2] if line[1] in SHELVES else None
            if card is None:
                return line[0]
            self._kept.append((card, line[0]))
            return f"\n{self._prefix}{len(self._kept) - 1}e\n"

        return LINE.sub(mark, text)

    def in_html(self, html: str, template: str = "emails/newsletter/_card.html") -> str:
        """`html` with its cards in place, as `template` has them look.

        Where a card could not stand, as among lines of code, is what was typed.
        """
        shown = re.sub(
            f"<p>{self._mark.pattern}</p>",
            lambda mark: render_template(template, card=self._kept[int(mark[1])][0]),
            html,
        )
        return self._mark.sub(lambda mark: escape(self._kept[int(mark[1])][1]), shown)

    def in_text(self, text: str) -> str:
        """Plain `text` with its cards in place."""
        card = re.compile(f"\n*{self._mark.pattern}\n*")
        return card.sub(lambda mark: f"\n\n{_as_text(self._kept[int(mark[1])][0])}\n\n", text).strip("\n")


def _as_text(card: Card) -> str:
    return "\n".join(line for line in (card.title, card.summary, *card.facts, f"{card.label}: {card.url}") if line)
