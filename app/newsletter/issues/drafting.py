"""How an issue begins, and what is wrong with one as it is written."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.extensions import db
from app.followups import merge
from app.newsletter.issues import cards
from app.newsletter.issues.composing import FIELDS
from app.newsletter.issues.models import Issue
from app.slugs import free_slug, slug_of

LONGEST_SLUG = 120
ATTEMPTS = 20
COPIED = ("subject", "preview", "sender_name", "cover", "cover_alt", "body", "is_public", "include", "exclude")


def new_draft(title: str, **columns: object) -> Issue:
    """A draft of this title, at an address of its own."""
    issue = Issue(title=title, **columns)
    _give_address(issue)
    return issue


def rewrite(issue: Issue, revision: int, **texts: Any) -> None:
    """Take in new `texts` as Issue.edit does. The address follows the title: nobody can have read a draft there."""
    title_before = issue.title
    issue.edit(revision, **texts)
    if issue.title != title_before:
        _give_address(issue)


def copy_of(issue: Issue) -> Issue:
    """A draft that says what `issue` says, to whom it says it."""
    return new_draft(issue.title, **{name: getattr(issue, name) for name in COPIED})


def problems_of_line(text: str) -> list[str]:
    """What has to be mended in a subject or a preview before it can be kept, in words for the owner."""
    known = ", ".join(f"{{{field}}}" for field in sorted(FIELDS))
    return [f"There is no merge field {{{field}}}. There are {known}." for field in merge.unknown_fields(text, FIELDS)]


def problems_of_body(text: str) -> list[str]:
    """What has to be mended in a body before it can be kept, in words for the owner."""
    return problems_of_line(text) + [str(card) for card in cards.unknown(text)]


def _give_address(issue: Issue) -> None:
    """Keep it at an address of its own, after its title."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with db.session.begin_nested():
                issue.slug = _free_slug(issue)
                db.session.add(issue)
        except IntegrityError:  # Somebody else took it between our look and our write. Now we see that.
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _free_slug(issue: Issue) -> str:
    slug = slug_of(issue.title, LONGEST_SLUG, "issue")
    alike = select(Issue.slug).where(Issue.slug.startswith(slug, autoescape=True))
    others = alike.where(Issue.id != issue.id) if issue.id else alike
    return free_slug(slug, set(db.session.scalars(others)))
