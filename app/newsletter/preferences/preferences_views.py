"""A subscriber's own page, from the link in every letter: what comes, when, and when not. The token is all it takes."""

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Form

from app.extensions import SAFE_METHODS, csrf, db
from app.followups.leaving import person_of, unsubscribe_url
from app.newsletter.forms import PAUSES, AddressForm, PauseForm, PreferencesForm, QuietHoursForm
from app.newsletter.models import Subscription
from app.newsletter.views import bp, link_expired
from app.people.addresses import masked
from app.people.models import Person
from app.tokens import InvalidToken


@bp.get("/preferences/<token>")
def show_preferences(token: str) -> ResponseReturnValue:
    return preferences_page(token, subscription_of(token))


@bp.post("/preferences/<token>")
@csrf.exempt
def save_preferences(token: str) -> ResponseReturnValue:
    subscription = subscription_of(token)
    form = PreferencesForm()
    if not form.validate():
        return preferences_page(token, subscription, form=form), 422
    subscription.prefer(
        name=form.name.data or "", topics=list(form.topics.data or ()), career_stage=form.career_stage.data
    )
    return _saved(token, subscription, "letters")


@bp.post("/preferences/<token>/pause")
@csrf.exempt
def pause(token: str) -> ResponseReturnValue:
    subscription = subscription_of(token)
    form = PauseForm()
    if not form.validate():
        return preferences_page(token, subscription, pause_form=form), 422
    subscription.pause(int(form.days.data or 0))
    return _saved(token, subscription, "pause")


@bp.post("/preferences/<token>/resumption")
@csrf.exempt
def resume(token: str) -> ResponseReturnValue:
    subscription = subscription_of(token)
    subscription.resume()
    return _saved(token, subscription, "resumption")


@bp.post("/preferences/<token>/quiet-hours")
@csrf.exempt
def keep_quiet(token: str) -> ResponseReturnValue:
    subscription = subscription_of(token)
    form = QuietHoursForm()
    if not form.validate():
        return preferences_page(token, subscription, quiet_form=form), 422
    subscription.keep_quiet(form.hours, form.time_zone.data or "")
    return _saved(token, subscription, "quiet-hours")


def person_of_link(token: str, purpose: str = "preferences") -> Person:
    """Whose link for `purpose` this is; otherwise the answer is a page that says how to get another."""
    try:
        person = person_of(purpose, token)
    except InvalidToken:
        person = None
    return person or abort(make_response(link_expired()))


def subscription_of(token: str) -> Subscription:
    """The subscription to whose page this link leads; a page that says so when its reader gets no letters.

    In a request that writes, its person is locked until commit.
    """
    person = person_of_link(token)
    reads = request.method in SAFE_METHODS
    if not reads:
        Person.for_update(person.id)
    subscription = Subscription.of(person)
    if subscription is None or not subscription.is_active:
        abort(make_response(_no_letters(person), 200 if reads else 409))
    return subscription


def preferences_page(token: str, subscription: Subscription, **forms: Form) -> str:
    """The page with its forms as they stand, but for those of `forms` that are to be mended."""
    person = subscription.person
    topics = [topic.key for topic in subscription.topics]
    form = PreferencesForm(formdata=None, name=person.name, topics=topics, career_stage=subscription.career_stage)
    shown: dict[str, Form] = {
        "form": form,
        "pause_form": PauseForm(formdata=None),
        "address_form": AddressForm(formdata=None),
    }
    shown |= {"quiet_form": QuietHoursForm.showing(subscription)}
    return render_template(
        "newsletter/preferences.html",
        token=token,
        subscription=subscription,
        email=masked(person.email),
        saved=request.args.get("saved", ""),
        pauses=PAUSES,
        unsubscribe_url=unsubscribe_url(person),
        **(shown | forms),
    )


def _saved(token: str, subscription: Subscription, what: str) -> ResponseReturnValue:
    subscription.person.was_here()
    db.session.commit()
    return redirect(url_for(".show_preferences", token=token, saved=what, _anchor=what), 303)


def _no_letters(person: Person) -> str:
    return render_template("newsletter/no_letters.html", person=person, email=masked(person.email))
