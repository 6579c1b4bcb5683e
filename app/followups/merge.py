"""Merge fields: {field} or {field|what to write instead}, from a fixed list, replaced and never evaluated."""

import re
from collections.abc import Callable
from string import punctuation

from flask import current_app
from markupsafe import Markup

from app import markdown
from app.followups.leaving import preferences_url
from app.followups.models import SequenceRun
from app.urls import absolute_url

Values = Callable[[str], str]
_FIELD = re.compile(r"\{([^{}|\n]*)(?:\|([^{}\n]*))?\}")

_OF_THE_SITE: dict[str, Callable[[], str]] = {
    "site_name": lambda: str(current_app.config["SITE_NAME"]),
    "hub_url": lambda: absolute_url("hub.show_hub", slug="leadership-mentorship"),
    "articles_url": lambda: absolute_url("hub.list_articles"),
    "guide_url": lambda: absolute_url("hub.guide"),
    "coaching_url": lambda: absolute_url("coaching.show_offer"),
    "course_url": lambda: absolute_url("enrollment.show_course"),
    "classroom_url": lambda: absolute_url("classroom.show_classroom"),
}
_OF_THE_PERSON = {"first_name", "preferences_url"}
_OF_THE_OCCASION = {"manage_url", "resume_url", "cohort_name", "starts_on"}
FIELDS = frozenset(_OF_THE_SITE) | _OF_THE_PERSON | _OF_THE_OCCASION


def values_of(run: SequenceRun) -> Values:
    """What each field stands for in one run; looked up only when a text asks for it."""

    def value_of(field: str) -> str:
        if field in run.values:
            return run.values[field]
        if field in _OF_THE_SITE:
            return _OF_THE_SITE[field]()
        if field == "preferences_url":
            return preferences_url(run.person)
        return run.person.first_name if field == "first_name" else ""

    return value_of


def unknown_fields(text: str) -> list[str]:
    """What stands in braces in `text` and is no merge field, in order."""
    return [found[1] for found in _FIELD.finditer(text) if found[1] not in FIELDS]


def fill(text: str, values: Values) -> str:
    """`text` with its fields replaced, for a subject or another single line."""
    return _replace(text, values, lambda value: value)


def fill_plain(text: str, values: Values) -> str:
    """Markdown `text` for readers of plain mail. Fields come last, so that no mark in a value is taken for Markdown."""
    return fill(markdown.plain(text), values)


def fill_html(text: str, values: Values) -> Markup:
    """Markdown `text` as safe HTML. A value stays the text it is, whatever marks are in it."""
    return markdown.render(_replace(text, values, _as_markdown_text))


def _replace(text: str, values: Values, escape: Callable[[str], str]) -> str:
    def value_of(found: re.Match[str]) -> str:
        # One pass: a value that looks like a field is not looked at again.
        return escape(" ".join((values(found[1]) or found[2] or "").split()))

    return _FIELD.sub(value_of, text)


def _as_markdown_text(value: str) -> str:
    # A backslash before any ASCII punctuation makes it plain text (CommonMark §2.4), in words and in addresses.
    return "".join(f"\\{character}" if character in punctuation else character for character in value)
