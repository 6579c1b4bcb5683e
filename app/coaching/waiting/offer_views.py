"""Answering an offer, by its mailed link."""

import logging

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.coaching.blueprint import bp
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.booking.views import page_instead
from app.coaching.intake import Asked, Times
from app.coaching.offer import CoachingOffer
from app.coaching.paying.checkout import start
from app.coaching.paying.wording import NOT_CHARGED
from app.coaching.refusals import TooManyOpen
from app.coaching.waiting.forms import TakingForm
from app.coaching.waiting.offers import OfferOver, SlotOffer
from app.coaching.waiting.openings import Opening
from app.coaching.waiting.taking_offers import take_offer
from app.coaching.waiting.tasks import look_for_openings
from app.coaching.waiting.views import PAGE, fitting_openings, unknown_link
from app.coaching.wording import ARRANGING
from app.extensions import csrf, db, enqueue_after_commit
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.people.link_limits import limit_of_links_to

log = logging.getLogger(__name__)

GONE = "This time is not held for you any more. Choose another that is free; all you wrote is still here."
FULL = (
    "There are as many open requests from this address as we can keep, or too many were made today. "
    "Cancel one of them, or write to us."
)


@bp.get("/waiting/offers/<token>")
def show_slot_offer(token: str) -> ResponseReturnValue:
    offer = _of_link(token)
    return _offer_page(token, offer, _fresh_form(offer))


link_limit = limit_of_links_to(SlotOffer)


@bp.post("/waiting/offers/<token>")
@csrf.exempt
@link_limit
def take_slot_offer(token: str) -> ResponseReturnValue:
    offer = _of_link(token, for_update=True)
    form = TakingForm.for_kind(offer.entry.kind, _offer())
    has_price = offer.entry.kind.price_cents > 0
    if offer.taken_at and not has_price:  # A second click.
        return redirect(url_for(".show_slot_offer", token=token), 303)
    if (offer.is_open or offer.taken_at) and not form.validate():
        return _offer_page(token, offer, form), 422
    if has_price:
        return _go_to_pay(token, offer, form)
    try:
        consultation = take_offer(offer, _asked(offer, form))
    except OfferOver:
        db.session.rollback()
        return page_instead(offer.entry.kind, offer.entry.person.email, offer.starts_at, GONE), 409
    except TooManyOpen:
        return _full(token, offer, form)
    db.session.commit()
    return redirect(url_for(".show_consultation", token=consultation.browser_token), 303)


def _go_to_pay(token: str, offer: SlotOffer, form: TakingForm) -> ResponseReturnValue:
    """They keep their place in line until it is paid for. A second click leads to the same payment page."""
    entry = offer.entry
    kind, asked = entry.kind, _asked(offer, form)
    try:
        if not offer.taken_at:
            offer.leave_to_pay()
        url = start(asked)
    except (OfferOver, SlotTaken, NotOffered):
        db.session.rollback()
        return page_instead(kind, asked.address, asked.times.starts[0], GONE), 409
    except (GatewayUnavailable, GatewayRefused) as trouble:
        log.warning("no payment page could be opened: %s", trouble)
        return page_instead(kind, asked.address, asked.times.starts[0], NOT_CHARGED), 503, {"Retry-After": "60"}
    return redirect(url, 303) if url else _full(token, offer, form)


def _asked(offer: SlotOffer, form: TakingForm) -> Asked:
    wants_newsletter = bool(form.newsletter.data)
    times = Times((offer.starts_at,))
    return Asked(offer.entry.person.email, form.intake, times, offer.coach_id, wants_newsletter, PAGE)


def _full(token: str, offer: SlotOffer, form: TakingForm) -> ResponseReturnValue:
    """What is held for them stays held, until they have cancelled something else."""
    db.session.rollback()
    form.form_errors = [FULL]
    return _offer_page(token, offer, form), 409


@bp.post("/waiting/offers/<token>/refusal")
@csrf.exempt
@link_limit
def decline_slot_offer(token: str) -> ResponseReturnValue:
    offer = _of_link(token, for_update=True)
    try:
        offer.decline()
    except OfferOver:
        return redirect(url_for(".show_slot_offer", token=token), 303)
    enqueue_after_commit(look_for_openings)
    db.session.commit()
    return redirect(url_for(".show_slot_offer", token=token), 303)


def _of_link(token: str, *, for_update: bool = False) -> SlotOffer:
    return SlotOffer.from_link(token, for_update=for_update) or abort(unknown_link())


def _fresh_form(offer: SlotOffer) -> TakingForm:
    """What is known from the entry is filled in."""
    entry = offer.entry
    return TakingForm.for_kind(entry.kind, _offer(), formdata=None, name=entry.name, time_zone=entry.time_zone)


def _offer_page(token: str, slot_offer: SlotOffer, form: TakingForm) -> str:
    return render_template(
        "coaching/waiting/offer.html",
        token=token,
        slot_offer=slot_offer,
        entry=slot_offer.entry,
        form=form,
        fitting=_instead_of(slot_offer),
        wording=ARRANGING,
    )


def _instead_of(offer: SlotOffer) -> list[Opening]:
    """What is free and suits, where this time is not theirs; not what they have just said no to."""
    if offer.is_open or offer.taken_at:
        return []
    entry = offer.entry
    fitting = fitting_openings(entry.kind, entry.wish)
    return [found for found in fitting if not (offer.declined_at and entry.was_offered(found.starts_at))]


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)
