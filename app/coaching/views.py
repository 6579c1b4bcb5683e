from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.coaching import emails, in_newsletter, new_address, records, reloading, structured_data, until_it_begins
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking import views as booking_views
from app.coaching.calendars import views as calendar_views
from app.coaching.forms import LinksForm
from app.coaching.managing import views as managing_views
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.paying import views as paying_views
from app.coaching.waiting import offer_views as waiting_offer_views
from app.coaching.waiting import records as waiting_records
from app.coaching.waiting import views as waiting_views
from app.extensions import csrf, db
from app.json_ld import json_ld
from app.limits import form_limits
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from app.publishing import public_page
from app.urls import absolute_url

# The views of the rooms within hang on `bp` once they are imported; so is known what the newsletter asks, what coaching
# holds of a person, what follows their change of address, and until when letters follow a request.
__all__ = [
    "booking_views",
    "bp",
    "calendar_views",
    "in_newsletter",
    "managing_views",
    "new_address",
    "paying_views",
    "records",
    "reloading",
    "until_it_begins",
    "waiting_offer_views",
    "waiting_records",
    "waiting_views",
]


@bp.get("/")
@public_page
def show_offer() -> ResponseReturnValue:
    offer = _offer()
    questions, kinds, coaches = offer.questions, ConsultationKind.active(), Coach.active()
    return render_template(
        "coaching/offer.html",
        offer=offer,
        questions=questions,
        kinds=kinds,
        coaches=coaches,
        can_book=bool(kinds and coaches),
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


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)
