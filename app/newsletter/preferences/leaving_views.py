"""Leaving, from the link in every letter. The token is all it takes."""

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.followups.leaving import person_of, preferences_url
from app.newsletter.forms import DepartureForm
from app.newsletter.preferences.departures import Departure
from app.newsletter.preferences.leaving import has_left, leave_everything
from app.newsletter.views import bp, link_expired
from app.people.addresses import masked
from app.people.models import Person
from app.publishing import cross_origin_exempt
from app.tokens import InvalidToken


@bp.get("/unsubscribe/<token>")
def show_unsubscribe(token: str) -> ResponseReturnValue:
    person = _person_of_link(token)
    if person is None or has_left(person):
        return _left(token, person)
    return render_template(
        "newsletter/unsubscribe.html", token=token, email=masked(person.email), preferences_url=preferences_url(person)
    )


# Web mail may send the one-click POST from a page of its own. Whoever holds the token may leave, wherever they are.
@bp.post("/unsubscribe/<token>")
@csrf.exempt
@cross_origin_exempt
def unsubscribe(token: str) -> ResponseReturnValue:
    person = _person_of_link(token)
    # A mail program that unsubscribes by itself says so in the body and follows no redirect (RFC 8058 §3.2).
    one_click = request.form.get("List-Unsubscribe", "").lower() == "one-click"
    if person:
        leave_everything(person, page="one-click, from a mail program" if one_click else "/newsletter/unsubscribe/")
        db.session.commit()
    if one_click:
        return "You are unsubscribed.\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
    return redirect(url_for(".show_unsubscribe", token=token), 303)


@bp.post("/unsubscribe/<token>/reason")
@csrf.exempt
def say_why(token: str) -> ResponseReturnValue:
    person = _person_of_link(token)
    if person and has_left(person):
        form = DepartureForm()
        if not form.validate():
            return _left(token, person, form), 422
        if form.reason.data or form.words.data:
            Departure.note(person, form.reason.data or "", form.words.data or "")
            db.session.commit()
    return redirect(url_for(".show_unsubscribe", token=token), 303)


def _person_of_link(token: str) -> Person | None:
    """Whose link this is; None when that person is gone. A link that is none leads to a page that says what to do."""
    try:
        return person_of("unsubscribe", token)
    except InvalidToken:
        abort(make_response(link_expired()))


def _left(token: str, person: Person | None, form: DepartureForm | None = None) -> str:
    said = bool(person and Departure.of(person))
    form = form or DepartureForm(formdata=None)
    return render_template("newsletter/left.html", token=token, is_known=person is not None, said=said, form=form)
