"""Structured data for search engines: what a page says, said again as JSON-LD (https://schema.org)."""

import json
from collections.abc import Iterable
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.urls import absolute_url

Thing = dict[str, Any]

# So that no text can close the script element it stands in, or open another.
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def json_ld(*things: Thing) -> Markup:
    """The script element that holds `things`, safe to put into a page whatever their texts are."""
    graph = json.dumps({"@context": "https://schema.org", "@graph": things}, ensure_ascii=False)
    return Markup(f'<script type="application/ld+json">{graph.translate(_ESCAPES)}</script>')  # noqa: S704


def breadcrumbs(*steps: tuple[str, str]) -> Thing:
    """The way to a page from the front page, as names with absolute addresses; the last is the page itself."""
    home = (current_app.config["SITE_NAME"], absolute_url("hub.home"))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": url}
            for position, (name, url) in enumerate((home, *steps), start=1)
        ],
    }


def faq_page(url: str, answers: Iterable[tuple[str, str]]) -> list[Thing]:
    """The questions a page answers, as pairs of question and answer in plain text; nothing if it answers none."""
    asked = [
        {"@type": "Question", "name": question, "acceptedAnswer": {"@type": "Answer", "text": answer}}
        for question, answer in answers
    ]
    return [{"@type": "FAQPage", "url": url, "mainEntity": asked}] if asked else []


def organization() -> Thing:
    """Who publishes this site: author, publisher and provider of what is on it."""
    home = absolute_url("hub.home")
    return {
        "@type": "Organization",
        "@id": f"{home}#organization",
        "name": current_app.config["SITE_NAME"],
        "url": home,
        "logo": absolute_url("static", filename="img/apple-touch-icon.png"),
    }
