"""Merge fields: {field} or {field|what to write instead}, from a fixed list, replaced and never evaluated."""

import re
from collections.abc import Callable, Container, Mapping
from itertools import chain
from string import punctuation

from flask import current_app
from markupsafe import Markup

from app import markdown
from app.followups.leaving import preferences_url
from app.followups.models import ABANDONED, COMPLETED, ENROLLED, MISSED, REQUESTED
from app.followups.runs import SequenceRun
from app.people.models import Person
from app.urls import absolute_url

Values = Callable[[str], str]
_FIELD = re.compile(r"\{([^{}|\n]*)(?:\|([^{}\n]*))?\}")

OF_THE_SITE: dict[str, Callable[[], str]] = {
    "site_name": lambda: str(current_app.config["SITE_NAME"]),
    "hub_url": lambda: absolute_url("hub.show_hub", slug="leadership-mentorship"),
    "articles_url": lambda: absolute_url("hub.list_articles"),
    "guide_url": lambda: absolute_url("hub.guide"),
    "coaching_url": lambda: absolute_url("coaching.show_offer"),
    "course_url": lambda: absolute_url("enrollment.show_course"),
    "classroom_url": lambda: absolute_url("classroom.show_classroom"),
}
_OF_THE_PERSON = {"first_name", "preferences_url"}
# What each event that starts a sequence tells of its occasion.
OF_THE_OCCASION = {
    REQUESTED: ("manage_url",),
    COMPLETED: ("manage_url",),
    MISSED: ("manage_url",),
    ABANDONED: ("cohort_name", "resume_url"),
    ENROLLED: ("cohort_name", "starts_on"),
}
FIELDS = frozenset(OF_THE_SITE) | _OF_THE_PERSON | frozenset(chain.from_iterable(OF_THE_OCCASION.values()))


def values_of(run: SequenceRun) -> Values:
    """What each field stands for in one run."""
    return values_for(run.person, run.values)


def values_for(person: Person, occasion: Mapping[str, str]) -> Values:
    """What each field stands for to `person` on an `occasion`; looked up only when a text asks for it."""

    def value_of(field: str) -> str:
        if field in occasion:
            return occasion[field]
        if field in OF_THE_SITE:
            return OF_THE_SITE[field]()
        if field == "preferences_url":
            return preferences_url(person)
        return person.first_name if field == "first_name" else ""

    return value_of


def fields_after(event: str) -> list[str]:
    """The fields that stand for something in a sequence that `event` starts."""
    return ["first_name", *OF_THE_OCCASION.get(event, ()), "preferences_url", *OF_THE_SITE]


def unfilled_in(event: str, *texts: str) -> str | None:
    """The first field of `texts` that would stay empty for whoever enters on `event`, or that there is not at all."""
    filled = fields_after(event)
    return next((field for text in texts for field in unknown_fields(text, filled)), None)


def example_of(field: str) -> str:
    """What `field` could stand for, to show how a letter looks; empty for what is no field."""
    if field in OF_THE_SITE:
        return OF_THE_SITE[field]()
    return _EXAMPLES[field]() if field in _EXAMPLES else ""


_EXAMPLES: dict[str, Callable[[], str]] = {
    "first_name": lambda: "Jordan",
    "cohort_name": lambda: "Spring cohort",
    "starts_on": lambda: "Tuesday, March 2",
    "preferences_url": lambda: absolute_url("newsletter.show_newsletter"),
    "manage_url": OF_THE_SITE["coaching_url"],
    "resume_url": OF_THE_SITE["course_url"],
}


def unknown_fields(text: str, fields: Container[str]) -> list[str]:
    """What stands in braces in `text` and is none of `fields`, in order."""
    return [found[1] for found in _FIELD.finditer(text) if found[1] not in fields]


def replace(text: str, value_of: Callable[[str, str], str]) -> str:
    """`text` with each field exchanged for what `value_of(field, fallback)` gives.

    In one pass: a value that looks like a field is not looked at again.
    """
    return _FIELD.sub(lambda found: value_of(found[1], found[2] or ""), text)


def fill(text: str, values: Values) -> str:
    """`text` with its fields replaced, for a subject or another single line."""
    return _filled(text, values, str)


def fill_plain(text: str, values: Values) -> str:
    """Markdown `text` for readers of plain mail. Fields come last, so that no mark in a value is taken for Markdown."""
    return fill(markdown.plain(text), values)


def fill_html(text: str, values: Values) -> Markup:
    """Markdown `text` as safe HTML. A value stays the text it is, whatever marks are in it."""
    return markdown.render(_filled(text, values, as_markdown_text))


def _filled(text: str, values: Values, escape: Callable[[str], str]) -> str:
    return replace(text, lambda field, fallback: escape(" ".join((values(field) or fallback).split())))


def as_markdown_text(value: str) -> str:
    """`value` so that Markdown shows every character of it, in words and in addresses."""
    # A backslash before any ASCII punctuation makes it plain text (CommonMark §2.4).
    return "".join(f"\\{character}" if character in punctuation else character for character in value)
