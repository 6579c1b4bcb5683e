"""Subscribing, by double opt-in."""

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.followups.leaving import preferences_url
from app.limits import form_limits
from app.newsletter import emails
from app.newsletter.allowance import Allowance
from app.newsletter.forms import NewLinkForm, SignUpForm
from app.newsletter.models import Subscription
from app.newsletter.offer import Offer
from app.newsletter.sign_ups import WORDING, SignUp
from app.people.addresses import normalize
from app.people.models import Person
from app.people.suppressions import Suppression
from app.publishing import public_page
from app.urls import absolute_url

bp = Blueprint("newsletter", __name__, url_prefix="/newsletter")

# How many mails an address gets is a matter of app.newsletter.allowance; a narrow limit here would let a stranger who
# types somebody's address shut that person out. A lecture hall of 300 behind one network can sign up within the hour,
# and most of it may be with one hospital. In all: more than a good day brings, and few enough that a robot with many
# networks is no flood.
LIMITS = {"address": "1000/hour", "network_": "300/hour", "domain": "1000/hour", "in_all": "3000/hour"}


@bp.app_template_global("newsletter_wording")
def wording() -> str:
    """What a sign-up form says one agrees to; the ledger keeps the same words."""
    return WORDING


@bp.get("/")
@public_page
def show_newsletter() -> ResponseReturnValue:
    return _newsletter_page(SignUpForm(formdata=None))


@bp.post("/")
@csrf.exempt
@form_limits("newsletter", **LIMITS)
def subscribe() -> ResponseReturnValue:
    form = SignUpForm()
    if not form.is_trapped:
        if not form.validate():
            return _newsletter_page(form), 422
        _answer_by_mail(form)
        db.session.commit()
    return redirect(url_for(".check_inbox"), 303)


def _answer_by_mail(form: SignUpForm) -> None:
    """Write to the address, so that only who reads its mail learns whether we know it."""
    address = normalize(form.email.data or "")
    if not _may_write_to(address):
        return
    subscription = Subscription.at(address)
    if subscription.is_active and not subscription.suppressed_at:
        emails.already_subscribed(subscription)
    else:
        emails.confirm_subscription(
            SignUp.keep(
                subscription,
                first_name=form.first_name.data or "",
                topics=list(form.topics.data or ()),
                page=form.page,
                career_stage=form.career_stage.data,
            )
        )


def _may_write_to(address: str) -> bool:
    """Whether a form may have us write there. Who complained about our mail gets none, and no other answer."""
    Person.at_for_update(address)  # Whoever is being erased is gone after this, and comes back as somebody new.
    entry = Suppression.of(address)
    return Allowance.take(address) and not (entry and entry.only_owner_lifts)


def _newsletter_page(form: SignUpForm) -> str:
    offer = Offer.current() or abort(404)
    return render_template(
        "newsletter/show.html", offer=offer, form=form, canonical_url=absolute_url("newsletter.show_newsletter")
    )


@bp.get("/check-inbox")
@public_page
def check_inbox() -> ResponseReturnValue:
    return render_template("newsletter/check_inbox.html")


@bp.get("/confirm/<token>")
def show_confirmation(token: str) -> ResponseReturnValue:
    if (sign_up := SignUp.from_link(token)) is None:
        return link_expired()
    person = sign_up.subscription.person
    if not sign_up.is_awaited:
        return render_template("newsletter/confirmed.html", preferences_url=preferences_url(person))
    return render_template("newsletter/confirm.html", token=token, email=person.email, wording=sign_up.wording)


@bp.post("/confirm/<token>")
@csrf.exempt
def confirm(token: str) -> ResponseReturnValue:
    if (sign_up := SignUp.from_link(token, for_use=True)) is None:
        return link_expired()
    sign_up.confirm()
    db.session.commit()
    return redirect(url_for(".show_confirmation", token=token), 303)


def link_expired() -> ResponseReturnValue:
    """Any link that means nothing any more: why, and how to get another."""
    return render_template("newsletter/link_expired.html", form=NewLinkForm(formdata=None)), 410


@bp.post("/new-link")
@csrf.exempt
@form_limits("newsletter-link", **LIMITS)
def send_new_link() -> ResponseReturnValue:
    form = NewLinkForm()
    if not form.is_trapped:
        if not form.validate():
            return render_template("newsletter/link_expired.html", form=form), 422
        _mail_new_link(normalize(form.email.data or ""))
        db.session.commit()
    return redirect(url_for(".check_inbox"), 303)


def _mail_new_link(address: str) -> None:
    if not _may_write_to(address):
        return
    subscription = (person := Person.with_email(address)) and Subscription.of(person)
    if subscription and subscription.is_active:
        emails.new_link(subscription)
    elif subscription and (sign_up := SignUp.open_of(subscription)):
        emails.confirm_subscription(sign_up)
    else:
        emails.not_subscribed(person or address)


# More views of the blueprint, so they come after it; and the tasks, which the worker knows once they are imported.
from app.newsletter import records, tasks  # noqa: E402, F401
from app.newsletter.issues import models, picture_views  # noqa: E402, F401
from app.newsletter.preferences import address_views, leaving_views, my_data_views, preferences_views  # noqa: E402, F401
from app.newsletter.reading import archive_feeds, archive_views, click_views, copy_views  # noqa: E402, F401
from app.newsletter.returned import webhook_views  # noqa: E402, F401
from app.newsletter.sending import holding_back  # noqa: E402, F401
