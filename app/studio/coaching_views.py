from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, selectinload

from app.coaching.completing import complete
from app.coaching.models import AlreadyOver, Consultation, NotBegun
from app.coaching.offer import CoachingOffer
from app.extensions import db
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing, by_first_moment

CONSULTATIONS = Listing(
    rows=select(Consultation)
    .join(Consultation.person)
    .options(contains_eager(Consultation.person), selectinload(Consultation.preferred_times)),
    number=Consultation.id,
    searched=(Person.email, Consultation.name, Person.name),
    states=by_first_moment(
        {"cancelled": Consultation.cancelled_at, "completed": Consultation.completed_at}, "requested"
    ),
)


@bp.get("/consultations")
def list_consultations() -> ResponseReturnValue:
    page = CONSULTATIONS.page(Asked.by(request.args))
    return render_template("studio/consultations.html", page=page, offer=CoachingOffer.current())


@bp.get("/consultations/<int(max=2147483647):consultation_id>")
def show_consultation(consultation_id: int) -> ResponseReturnValue:
    consultation = db.session.get(Consultation, consultation_id) or abort(404)
    return render_template("studio/consultation.html", consultation=consultation, offer=CoachingOffer.current())


@bp.post("/consultations/<int(max=2147483647):consultation_id>/completion")
def complete_consultation(consultation_id: int) -> ResponseReturnValue:
    consultation = Consultation.for_update(consultation_id) or abort(404)
    try:
        complete(consultation)
    except AlreadyOver:
        abort(409, "This consultation was cancelled or missed, so it cannot have taken place.")
    except NotBegun:
        abort(409, "This consultation has not begun, so it cannot have taken place yet.")
    db.session.commit()
    flash("It is noted, and what follows a consultation has begun.", "good")
    return redirect(url_for(".show_consultation", consultation_id=consultation_id), 303)
