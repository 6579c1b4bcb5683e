"""One consultation, and what its coach says to it."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.validators import ValidationError

from app.coaching import answering, completing
from app.coaching.booking.held import NotHeld
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.fields import slot_start
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.refusals import AlreadyOver, NotBegun
from app.extensions import db
from app.payments.refunds import Refund
from app.studio.answering_forms import CallingOffForm, NotesForm, ProposalForm
from app.studio.blueprint import bp

A_CONSULTATION = "/consultations/<int(max=2147483647):consultation_id>"
MEANWHILE = "Something happened meanwhile: this consultation has begun or is over. Nothing was changed; see below."
NOT_HELD = "That time is not held any more, so nothing was booked. Propose it, or another one."
TAKEN = "One of these times meets something that is booked or held, buffers included. Choose another one for it."
NOT_OFFERED = "One of these times is the one it is booked for. Choose others."
NOT_BEGUN = "It has not begun, so that cannot be said of it yet."


@bp.get(A_CONSULTATION)
def show_consultation(consultation_id: int) -> ResponseReturnValue:
    return _page(db.session.get(Consultation, consultation_id) or abort(404))


@bp.post(f"{A_CONSULTATION}/confirmation")
def confirm_consultation(consultation_id: int) -> ResponseReturnValue:
    """Book it for one of the times that are held for it."""
    consultation = _locked(consultation_id)
    try:
        answering.confirm(consultation, slot_start(request.form.get("starts_at", "")))
    except AlreadyOver:
        return _refused(consultation_id, MEANWHILE)
    except (NotHeld, ValidationError):
        return _refused(consultation_id, NOT_HELD)
    return _done(consultation, "Booked. Both of you get an e-mail with the calendar entry.")


@bp.post(f"{A_CONSULTATION}/proposal")
def propose_times(consultation_id: int) -> ResponseReturnValue:
    consultation = _locked(consultation_id)
    form = ProposalForm(consultation)
    coach = form.chosen_coach
    if not form.validate() or coach is None:
        return _page(consultation, proposal=form), 422
    try:
        answering.propose(consultation, coach, form.starts)
    except AlreadyOver:
        return _refused(consultation_id, MEANWHILE, proposal=form)
    except NotOffered:
        return _refused(consultation_id, NOT_OFFERED, proposal=form)
    except SlotTaken:
        return _refused(consultation_id, TAKEN, proposal=form)
    return _done(consultation, "Proposed, and held until they choose. An e-mail asks them to.")


@bp.post(f"{A_CONSULTATION}/cancellation")
def call_off_consultation(consultation_id: int) -> ResponseReturnValue:
    consultation, form = _locked(consultation_id), CallingOffForm()
    if not form.validate():
        return _page(consultation, calling_off=form), 422
    was_booked = consultation.booked_at is not None
    try:
        answering.call_off(consultation, form.reason.data or "")
    except AlreadyOver:
        return _refused(consultation_id, MEANWHILE, calling_off=form)
    return _done(consultation, "Cancelled. They are told." if was_booked else "Declined. They are told.")


@bp.post(f"{A_CONSULTATION}/completion")
def complete_consultation(consultation_id: int) -> ResponseReturnValue:
    consultation = _locked(consultation_id)
    try:
        completing.complete(consultation)
    except AlreadyOver:
        return _refused(consultation_id, MEANWHILE)
    except NotBegun:
        return _refused(consultation_id, NOT_BEGUN)
    return _done(consultation, "It is noted, and what follows a consultation has begun.")


@bp.post(f"{A_CONSULTATION}/no-show")
def miss_consultation(consultation_id: int) -> ResponseReturnValue:
    consultation = _locked(consultation_id)
    try:
        completing.miss(consultation)
    except AlreadyOver:
        return _refused(consultation_id, MEANWHILE)
    except NotBegun:
        return _refused(consultation_id, NOT_BEGUN)
    return _done(consultation, "It is noted that they did not come.")


@bp.post(f"{A_CONSULTATION}/reopening")
def reopen_consultation(consultation_id: int) -> ResponseReturnValue:
    """Take back that it took place, or was missed."""
    consultation = _locked(consultation_id)
    completing.reopen(consultation)
    return _done(consultation, "Taken back, with the letters that would have followed.")


@bp.post(f"{A_CONSULTATION}/notes")
def save_notes(consultation_id: int) -> ResponseReturnValue:
    consultation, form = _locked(consultation_id), NotesForm()
    if not form.validate():
        return _page(consultation, notes=form), 422
    consultation.private_notes = form.private_notes.data or ""
    return _done(consultation, "The notes are saved.")


def _locked(consultation_id: int) -> Consultation:
    return Consultation.for_update(consultation_id) or abort(404)


def _done(consultation: Consultation, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words, "good")
    return redirect(url_for(".show_consultation", consultation_id=consultation.id), 303)


def _refused(consultation_id: int, why: str, **forms: Any) -> tuple[str, int]:
    """The page as things stand, with all that was typed, and why nothing was done."""
    db.session.rollback()
    consultation = db.session.get(Consultation, consultation_id) or abort(404)
    return _page(consultation, message=why, **forms), 409


def _page(consultation: Consultation, **more: Any) -> str:
    forms = {
        "proposal": ProposalForm(consultation, formdata=None),
        "calling_off": CallingOffForm(formdata=None),
        "notes": NotesForm(formdata=None, obj=consultation),
    }
    refunds = Refund.all_of(consultation.payment) if consultation.payment else []
    given = {"consultation": consultation, "offer": CoachingOffer.current(), "message": "", "refunds": refunds}
    return render_template("studio/consultation.html", **given | forms | more)
