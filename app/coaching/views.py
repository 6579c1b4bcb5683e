from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import followups
from app.coaching import emails, in_newsletter, records, structured_data
from app.coaching.forms import CancellationForm, DetailsForm, LinksForm, RequestForm
from app.coaching.lost_links import LinkMailing
from app.coaching.models import AlreadyOver, Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.requesting import take_request
from app.coaching.wording import ARRANGING
from app.extensions import csrf, db, limiter
from app.json_ld import json_ld
from app.limits import form_limits, network
from app.local_times import in_words, zone_in_words
from app.people.models import Person
from app.publishing import public_page
from app.urls import absolute_url

# What the newsletter asks, and what coaching holds of a person, is known once these are imported.
__all__ = ["bp", "in_newsletter", "records"]

bp = Blueprint("coaching", __name__, url_prefix="/coaching")
bp.add_app_template_global(in_words, "moment_in_words")
bp.add_app_template_global(zone_in_words)

# A hospital's thousand doctors come through one network and one domain. How often an address is written to is counted
# with its requests and in lost_links.py; a narrow limit on it here would let a stranger shut its owner out.
LIMITS = {"address": "300/hour", "network_": "100/hour", "domain": "300/hour", "in_all": "1000/hour"}


@bp.get("/")
@public_page
def show_offer() -> ResponseReturnValue:
    offer = _offer()
    questions = offer.questions
    return render_template(
        "coaching/offer.html",
        offer=offer,
        questions=questions,
        canonical_url=absolute_url("coaching.show_offer"),
        structured_data=json_ld(*structured_data.of_offer(offer, questions)),
    )


@bp.get("/request")
@public_page
def request_consultation() -> ResponseReturnValue:
    offer = _offer()
    return _request_page(offer, RequestForm(offer, formdata=None))


@bp.post("/request")
@csrf.exempt
@form_limits("consultation-request", **LIMITS)
def create_consultation() -> ResponseReturnValue:
    offer = _offer()
    form = RequestForm(offer)
    if form.is_trapped:
        return _requested()
    if not form.validate():
        return _request_page(offer, form), 422
    take_request(form.address, form.wish, offer, wants_newsletter=bool(form.newsletter.data), page=request.path)
    db.session.commit()
    return _requested()


@bp.get("/requested")
@public_page
def show_requested() -> ResponseReturnValue:
    return render_template("coaching/requested.html", form=LinksForm(formdata=None))


@bp.get("/links")
@public_page
def show_links_form() -> ResponseReturnValue:
    return render_template("coaching/links.html", form=LinksForm(formdata=None))


@bp.post("/links")
@csrf.exempt
@form_limits("consultation-links", **LIMITS)
def mail_links() -> ResponseReturnValue:
    form = LinksForm()
    if form.is_trapped:
        return redirect(url_for(".show_links_mailed"), 303)
    if not form.validate():
        return render_template("coaching/links.html", form=form), 422
    # One mail and one answer for every address, known or not, so that neither tells anything to a stranger.
    if LinkMailing.claim("links", Person.counted_as(form.address)):
        person = Person.with_email(form.address)
        if person and (consultations := Consultation.open_of(person)):
            emails.consultation_links(person, consultations)
        else:
            emails.no_consultations(form.address)
    db.session.commit()
    return redirect(url_for(".show_links_mailed"), 303)


@bp.get("/links/mailed")
@public_page
def show_links_mailed() -> ResponseReturnValue:
    return render_template("coaching/links_mailed.html")


@bp.get("/consultations/<token>")
def show_consultation(token: str) -> ResponseReturnValue:
    consultation = _of_link(token)
    return _consultation_page(token, consultation, DetailsForm.showing(consultation))


def _consultation_or_network() -> str:
    """What a use of a link counts under: its consultation, whichever of its links it is; for no link, the network."""
    consultation_id = Consultation.id_in_link((request.view_args or {}).get("token", ""))
    return f"consultation {consultation_id}" if consultation_id else network()


link_limit = limiter.shared_limit(
    "30/hour", scope="consultation-link", key_func=_consultation_or_network, methods=["POST"]
)


@bp.post("/consultations/<token>/details")
@csrf.exempt
@link_limit
def change_consultation(token: str) -> ResponseReturnValue:
    consultation = _of_link(token, for_update=True)
    form = DetailsForm(agreed=consultation.times)
    if not form.validate():
        return _consultation_page(token, consultation, form), 422
    try:
        changed = consultation.change(form.goals.data or "", form.times)
    except AlreadyOver:
        return _consultation_page(token, consultation, form), 409
    if changed:
        emails.request_changed(consultation, _offer())
    consultation.prove_address()
    db.session.commit()
    return redirect(url_for(".show_consultation", token=token), 303)


@bp.post("/consultations/<token>/cancellation")
@csrf.exempt
@link_limit
def cancel_consultation(token: str) -> ResponseReturnValue:
    consultation = _of_link(token, for_update=True)
    form = CancellationForm()
    if not form.validate():
        return _consultation_page(token, consultation, DetailsForm.showing(consultation), form), 422
    if consultation.cancel(form.reason.data or ""):
        emails.consultation_cancelled(consultation)
        emails.request_cancelled(consultation, _offer())
        followups.call_off(consultation.person, consultation.occasion, "the consultation was cancelled")
    consultation.prove_address()
    db.session.commit()
    return redirect(url_for(".show_consultation", token=token), 303)


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)


def _of_link(token: str, *, for_update: bool = False) -> Consultation:
    if consultation := Consultation.from_link(token, for_update=for_update):
        return consultation
    abort(make_response(render_template("coaching/unknown_link.html", form=LinksForm(formdata=None)), 404))


def _requested() -> ResponseReturnValue:
    # The same page for everybody. The private link goes by mail only: who can read the mailbox may manage the request.
    return redirect(url_for(".show_requested"), 303)


def _request_page(offer: CoachingOffer, form: RequestForm) -> str:
    return render_template(
        "coaching/request.html",
        offer=offer,
        form=form,
        wording=ARRANGING,
        canonical_url=absolute_url("coaching.request_consultation"),
    )


def _consultation_page(
    token: str, consultation: Consultation, form: DetailsForm, cancellation: CancellationForm | None = None
) -> str:
    return render_template(
        "coaching/consultation.html",
        token=token,
        consultation=consultation,
        offer=_offer(),
        form=form,
        cancellation=cancellation or CancellationForm(formdata=None),
    )
