from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import followups
from app.coaching import emails, in_newsletter, records, structured_data
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking import views as booking_views
from app.coaching.calendars import views as calendar_views
from app.coaching.forms import CancellationForm, DetailsForm, LinksForm
from app.coaching.lost_links import LinkMailing
from app.coaching.models import AlreadyOver, Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.private_links import consultation_of, link_limit
from app.coaching.waiting import offer_views as waiting_offer_views
from app.coaching.waiting import records as waiting_records
from app.coaching.waiting import views as waiting_views
from app.extensions import csrf, db
from app.json_ld import json_ld
from app.limits import form_limits
from app.people.models import Person
from app.publishing import public_page
from app.urls import absolute_url

# The views of the rooms within hang on `bp` once they are imported; so is known what the newsletter asks, and what
# coaching holds of a person.
__all__ = [
    "booking_views",
    "bp",
    "calendar_views",
    "in_newsletter",
    "records",
    "waiting_offer_views",
    "waiting_records",
    "waiting_views",
]


@bp.get("/")
@public_page
def show_offer() -> ResponseReturnValue:
    offer = _offer()
    questions = offer.questions
    return render_template(
        "coaching/offer.html",
        offer=offer,
        questions=questions,
        kinds=ConsultationKind.active(),
        coaches=Coach.active(),
        canonical_url=absolute_url("coaching.show_offer"),
        structured_data=json_ld(*structured_data.of_offer(offer, questions)),
    )


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
    consultation = consultation_of(token)
    return _consultation_page(token, consultation, DetailsForm.showing(consultation))


@bp.post("/consultations/<token>/details")
@csrf.exempt
@link_limit
def change_consultation(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token, for_update=True)
    sequence = consultation.calendar_sequence
    form = DetailsForm.about(consultation.kind)
    if not form.validate():
        return _consultation_page(token, consultation, form), 422
    try:
        changed = consultation.change(form.changed(consultation.intake))
    except AlreadyOver:
        return _consultation_page(token, consultation, form), 409
    if changed:
        emails.request_changed(consultation)
    if consultation.calendar_sequence > sequence:
        emails.consultation_renamed(consultation)
    consultation.prove_address(token)
    db.session.commit()
    return redirect(url_for(".show_consultation", token=token), 303)


@bp.post("/consultations/<token>/cancellation")
@csrf.exempt
@link_limit
def cancel_consultation(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token, for_update=True)
    form = CancellationForm()
    if not form.validate():
        return _consultation_page(token, consultation, DetailsForm.showing(consultation), form), 422
    if consultation.cancel(form.reason.data or ""):
        emails.consultation_cancelled(consultation)
        emails.request_cancelled(consultation)
        followups.call_off(consultation.person, consultation.occasion, "the consultation was cancelled")
    consultation.prove_address(token)
    db.session.commit()
    return redirect(url_for(".show_consultation", token=token), 303)


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)


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
