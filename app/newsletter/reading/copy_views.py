"""A letter in the browser, for whom it was written to."""

from flask import Response
from flask.typing import ResponseReturnValue

from app import tokens
from app.extensions import db
from app.followups.leaving import person_with
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.sending.messages import Values
from app.newsletter.views import bp, link_expired
from app.tokens import InvalidToken

# A letter is shown as it looks in a mail: no script, no form, nothing from elsewhere but its pictures.
OF_A_LETTER = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
OF_ONE_READER = {
    "Content-Security-Policy": OF_A_LETTER,
    "Cache-Control": "no-store",
    # Its address opens the letter with the reader's own links: no search engine keeps it, no other page learns it.
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@bp.get("/copies/<token>")
def show_copy(token: str) -> ResponseReturnValue:
    """A letter as the person it was written to reads it, for as long as there are both. Its links count nothing."""
    try:
        issue_id, *payload = tokens.read("copy", token)
    except InvalidToken:
        return link_expired()
    person, issue = person_with(payload), db.session.get(Issue, issue_id)
    if person is None or issue is None or issue.frozen_at is None:
        return link_expired()
    _, _, html = compose(issue).filled(Values(issue).of(person.id, person.created_at, person.name))
    return Response(html, headers=OF_ONE_READER)
