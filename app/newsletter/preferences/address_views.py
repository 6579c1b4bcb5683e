"""Changing one's address: asked for on the preferences page, then by links that go by mail, each with a button."""

from collections.abc import Callable

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.limits import form_limits
from app.newsletter.forms import AddressForm
from app.newsletter.preferences import moving
from app.newsletter.preferences.preferences_views import preferences_page, subscription_of
from app.newsletter.views import LIMITS, bp, link_expired
from app.people.address_changes import ALLOW, CONFIRM, UNDO, AddressChange, AddressTaken
from app.people.addresses import masked, normalize
from app.publishing import public_page

STEPS: dict[str, tuple[str, Callable[[AddressChange], None], str]] = {
    "allow": (ALLOW, moving.allow, "allowed"),
    "confirm": (CONFIRM, moving.make, "changed"),
    "undo": (UNDO, moving.undo, "restored"),
}


@bp.post("/preferences/<token>/address")
@csrf.exempt
@form_limits("newsletter-address", **LIMITS)
def ask_for_address(token: str) -> ResponseReturnValue:
    subscription = subscription_of(token)
    form = AddressForm()
    if not form.is_trapped:
        if not form.validate():
            return preferences_page(token, subscription, address_form=form), 422
        moving.ask(subscription.person, normalize(form.email.data or ""))
        subscription.person.was_here()
        db.session.commit()
    return redirect(url_for(".show_address_step_done", what="asked"), 303)


@bp.get("/address/<any(allow, confirm, undo):step>/<token>")
def show_address_step(step: str, token: str) -> ResponseReturnValue:
    if (change := AddressChange.from_link(STEPS[step][0], token)) is None:
        return link_expired()
    old, new = change.old_address, change.new_address
    # Each mailbox reads its own address whole, and of the other one only what its owner knows it by.
    old, new = (masked(old), new) if step == "confirm" else (old, masked(new))
    return render_template("newsletter/address_step.html", step=step, token=token, old=old, new=new)


@bp.post("/address/<any(allow, confirm, undo):step>/<token>")
@csrf.exempt
def take_address_step(step: str, token: str) -> ResponseReturnValue:
    purpose, take, done = STEPS[step]
    if (change := AddressChange.from_link(purpose, token, for_use=True)) is None:
        return link_expired()
    try:
        take(change)
    except AddressTaken:
        db.session.rollback()
        return render_template("newsletter/address_taken.html"), 409
    db.session.commit()
    return redirect(url_for(".show_address_step_done", what=done), 303)


@bp.get("/address/<any(asked, allowed, changed, restored):what>")
@public_page
def show_address_step_done(what: str) -> ResponseReturnValue:
    return render_template("newsletter/address_step_done.html", what=what)
