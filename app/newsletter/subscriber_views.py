"""What a reader does from the links in every letter: choose, and leave. The token is all it takes."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.followups.leaving import person_of, preferences_url, unsubscribe_url
from app.newsletter.forms import PreferencesForm
from app.newsletter.leaving import has_left, leave_everything
from app.newsletter.models import Subscription
from app.newsletter.views import bp, link_expired
from app.people.addresses import masked
from app.people.models import Person
from app.tokens import InvalidToken


@bp.get("/preferences/<token>")
def show_preferences(token: str) -> ResponseReturnValue:
    if (person := _person_of("preferences", token)) is None:
        return link_expired()
    subscription = Subscription.of(person)
    if subscription is None or not subscription.is_active:
        return _no_letters(person)
    form = PreferencesForm(formdata=None, name=person.name, topics=[topic.key for topic in subscription.topics])
    return _preferences_page(token, person, form)


@bp.post("/preferences/<token>")
@csrf.exempt
def save_preferences(token: str) -> ResponseReturnValue:
    if (person := _person_of("preferences", token)) is None:
        return link_expired()
    subscription = Subscription.of(person)
    if subscription is None or not subscription.is_active:
        return _no_letters(person), 409
    form = PreferencesForm()
    if not form.validate():
        return _preferences_page(token, person, form), 422
    subscription.prefer(name=form.name.data or "", topics=list(form.topics.data or ()))
    db.session.commit()
    return redirect(url_for(".show_preferences", token=token, saved=1), 303)


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


def _person_of(purpose: str, token: str) -> Person | None:
    try:
        return person_of(purpose, token)
    except InvalidToken:
        return None


def _preferences_page(token: str, person: Person, form: PreferencesForm) -> str:
    return render_template(
        "newsletter/preferences.html",
        token=token,
        form=form,
        email=masked(person.email),
        saved="saved" in request.args,
        unsubscribe_url=unsubscribe_url(person),
    )


def _no_letters(person: Person) -> str:
    return render_template("newsletter/no_letters.html", email=masked(person.email))
