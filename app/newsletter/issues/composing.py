"""An issue as it reads, with a blank wherever a recipient's own words go. Nothing an issue holds is ever evaluated."""

import re
import secrets
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple

from flask import current_app, render_template
from markupsafe import Markup

from app import markdown
from app.followups import merge
from app.newsletter.issues.cards import Cards
from app.newsletter.issues.links import Links, exchange_in_html, exchange_in_text
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import Cover
from app.outbox.posting import inline_css
from app.urls import absolute_url

# What differs from one recipient to the next. Everything else of an issue is written once.
OF_THE_RECIPIENT = ("first_name", "preferences_url", "unsubscribe_url", "browser_url")
FIELDS = frozenset(OF_THE_RECIPIENT) | merge.OF_THE_SITE.keys()


class Blank(NamedTuple):
    """A merge field that each recipient fills with one word: `fallback` stands where they have none."""

    field: str
    fallback: str = ""

    def filled(self, values: Mapping[str, str]) -> str:
        return values.get(self.field) or self.fallback


Passage = list[str | Blank]


class Composed(NamedTuple):
    """Subject, plain text and HTML of an issue, each as passages of text with blanks between them."""

    subject: Passage
    text: Passage
    html: Passage

    def filled(self, values: Mapping[str, str]) -> tuple[str, str, str]:
        """Subject, text and HTML as the recipient with these `values` (by field) reads them."""
        return _joined(self.subject, values), _joined(self.text, values), _joined(self.html, values, escape)


class Blanks:
    """Stand-ins for blanks while a text goes through Markdown and templates, which would take braces for their own."""

    def __init__(self) -> None:
        # Nobody can have written it before.
        self._prefix = f"blank{secrets.token_hex(8)}n"
        self._kept: list[Blank] = []
        self._mark = re.compile(f"{self._prefix}(\\d+)e")

    def mark(self, field: str, fallback: str = "") -> str:
        """A word of letters and digits that stands for the blank."""
        self._kept.append(Blank(field, " ".join(fallback.split())))
        return f"{self._prefix}{len(self._kept) - 1}e"

    def are_in(self, text: str) -> bool:
        return self._prefix in text

    def passage(self, text: str) -> Passage:
        """`text` with its marks exchanged for blanks."""
        parts = self._mark.split(text)
        return [self._kept[int(part)] if index % 2 else part for index, part in enumerate(parts)]


def compose(issue: Issue, links: Links | None = None) -> Composed:
    """The issue as everybody gets it. What is no merge field stands in it as it was typed.

    Web addresses that are the same for all are exchanged by `links`.
    """
    blanks, links = Blanks(), links or Links()

    def exchange(url: str) -> str:
        return url if blanks.are_in(url) else links.exchanged(url)

    context = _context(issue, blanks) | {"canary_url": links.canary}
    body, text = _body(issue.body, blanks)
    plain = render_template(
        "emails/newsletter/issue.txt",
        body=text,
        with_links=lambda caller: exchange_in_text(caller(), exchange),
        **context,
    )
    html = render_template(
        "emails/newsletter/issue.html",
        body=body,
        with_links=lambda caller: exchange_in_html(caller(), exchange),
        **context,
    )
    return Composed(
        subject=blanks.passage(" ".join(_marked(issue.subject, blanks, str).split())),
        text=blanks.passage(plain.strip() + "\n"),
        html=blanks.passage(inline_css(html)),
    )


def _context(issue: Issue, blanks: Blanks) -> dict[str, Any]:
    """What stands around the text."""
    return {
        "issue": issue,
        "subject": issue.title,
        "cover": Cover.at(issue.cover),
        "preview": _marked(issue.preview, blanks, str),
        "unsubscribe_url": blanks.mark("unsubscribe_url"),
        "preferences_url": blanks.mark("preferences_url"),
        "browser_url": blanks.mark("browser_url"),
        "postal_address": current_app.config["POSTAL_ADDRESS"],
        "why": "You get this letter because you subscribed to our newsletter.",
        "public_url": absolute_url("newsletter.show_issue", slug=issue.slug) if issue.is_archived else "",
    }


def _body(source: str, blanks: Blanks) -> tuple[Markup, str]:
    """Markdown `source` as safe HTML and as plain text."""
    cards = Cards()
    source = cards.marked(source)
    cleaned = markdown.render(_marked(source, blanks, merge.as_markdown_text))
    html = Markup(cards.in_html(cleaned))  # noqa: S704 - cleaned, and cards are rendered by a template.
    return html, cards.in_text(_marked(markdown.plain(source), blanks, str))


def unknown_fields(issue: Issue) -> list[str]:
    """What stands in braces anywhere in the issue and is no merge field of issues, in order."""
    texts = (issue.subject, issue.preview, issue.body)
    return [field for text in texts for field in merge.unknown_fields(text, FIELDS)]


def _marked(text: str, blanks: Blanks, escape_value: Callable[[str], str]) -> str:
    """`text` with what is the same for all filled in, and a mark for each blank."""

    def value_of(field: str, fallback: str) -> str:
        if field in OF_THE_RECIPIENT:
            return blanks.mark(field, fallback)
        if field in merge.OF_THE_SITE:
            return escape_value(merge.OF_THE_SITE[field]())
        return escape_value(f"{{{field}|{fallback}}}" if fallback else f"{{{field}}}")

    return merge.replace(text, value_of)


def _joined(passage: Passage, values: Mapping[str, str], escaped: Callable[[str], str] = str) -> str:
    return "".join(part if isinstance(part, str) else escaped(part.filled(values)) for part in passage)
