"""Leaving, from the link in every letter. The token is all it takes."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import tokens
from app.extensions import csrf, db
from app.followups.leaving import person_of, person_with, preferences_url
from app.newsletter.composing import compose
from app.newsletter.issues import Issue
from app.newsletter.leaving import has_left, leave_everything
from app.newsletter.messages import Values
from app.newsletter.views import bp, link_expired
from app.people.addresses import masked
from app.tokens import InvalidToken

# A letter is shown as it looks in a mail: no script, no form, nothing from elsewhere but its pictures.
OF_A_LETTER = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:"
)


@bp.get("/unsubscribe/<token>")
def show_unsubscribe(token: str) -> ResponseReturnValue:
    try:
        person = person_of("unsubscribe", token)
    except InvalidToken:
        return link_expired()
    if person is None or has_left(person):
        return render_template("newsletter/left.html")
    return render_template(
        "newsletter/unsubscribe.html", token=token, email=masked(person.email), preferences_url=preferences_url(person)
    )


@bp.post("/unsubscribe/<token>")
@csrf.exempt
def unsubscribe(token: str) -> ResponseReturnValue:
    try:
        person = person_of("unsubscribe", token)
    except InvalidToken:
        return link_expired()
    # A mail program that unsubscribes by itself says so in the body and follows no redirect (RFC 8058 §3.2).
    one_click = request.form.get("List-Unsubscribe", "").lower() == "one-click"
    if person:
        leave_everything(person, page="one-click, from a mail program" if one_click else "/newsletter/unsubscribe/")
        db.session.commit()
    if one_click:
        return "You are unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
    return redirect(url_for(".show_unsubscribe", token=token), 303)


# Web mail may send the one-click POST from a page of its own. Whoever holds the token may leave, wherever they are.
unsubscribe.cross_origin_exempt = True


@bp.get("/copies/<token>")
def show_copy(token: str) -> ResponseReturnValue:
    """A letter as the person it was written to reads it, in their browser."""
    try:
        issue_id, *payload = tokens.read("copy", token)
    except InvalidToken:
        return link_expired()
    person, issue = person_with(payload), db.session.get(Issue, issue_id)
    if person is None or issue is None or issue.frozen_at is None:
        return link_expired()
    _, _, html = compose(issue).filled(Values(issue).of(person.id, person.created_at, person.name))
    return Response(html, headers={"Content-Security-Policy": OF_A_LETTER})
