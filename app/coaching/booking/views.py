from collections.abc import Sequence
from datetime import datetime

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking.diary import Diary
from app.coaching.booking.requesting import book, request_times
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.forms import UNKNOWN_SLOT, BookingForm, IntakeForm, RequestForm
from app.coaching.models import TooManyOpen
from app.coaching.offer import CoachingOffer
from app.coaching.wording import ARRANGING
from app.extensions import csrf, db
from app.limits import form_limits
from app.local_times import DEFAULT_ZONE

TAKEN = "Somebody was a moment faster: that time has just been taken. These are still free, and all you wrote is here."
FULL = "There are as many open requests from this address as we can keep. Cancel one of them, or write to us."


@bp.get("/book")
def show_picker() -> ResponseReturnValue:
    kind = _kind()
    form = BookingForm.offering(_offer(), kind, formdata=None, time_zone=DEFAULT_ZONE)
    return _page("coaching/book.html", form)


@bp.post("/book")
@csrf.exempt
@form_limits("consultation-booking", **LIMITS)
def book_consultation() -> ResponseReturnValue:
    form = BookingForm.offering(_offer(), _kind())
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page("coaching/book.html", form), 422
    try:
        wants = bool(form.newsletter.data)
        consultation = book(form.address, form.intake, form.starts_at, wants_newsletter=wants, page=request.path)
    except SlotTaken:
        return _refused("coaching/book.html", form, TAKEN, 409)
    except NotOffered:
        return _refused("coaching/book.html", form, UNKNOWN_SLOT, 422)
    except TooManyOpen:
        return _refused("coaching/book.html", form, FULL, 409)
    db.session.commit()
    return redirect(url_for(".show_consultation", token=consultation.browser_token), 303)


@bp.get("/request")
def request_consultation() -> ResponseReturnValue:
    form = RequestForm.offering(_offer(), _kind(), formdata=None, time_zone=DEFAULT_ZONE)
    return _page("coaching/request.html", form)


@bp.post("/request")
@csrf.exempt
@form_limits("consultation-request", **LIMITS)
def create_consultation() -> ResponseReturnValue:
    form = RequestForm.offering(_offer(), _kind())
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page("coaching/request.html", form), 422
    try:
        wants = bool(form.newsletter.data)
        request_times(form.address, form.intake, form.times, wants_newsletter=wants, page=request.path)
    except SlotTaken:
        return _refused("coaching/request.html", form, TAKEN, 409)
    except NotOffered:
        return _refused("coaching/request.html", form, UNKNOWN_SLOT, 422)
    db.session.commit()
    return redirect(url_for(".show_requested"), 303)


def _refused(template: str, form: IntakeForm, why: str, status: int) -> tuple[str, int]:
    db.session.rollback()
    form.slot.errors = [why]
    return _page(template, form), status


def _page(template: str, form: IntakeForm) -> str:
    return render_template(template, offer=_offer(), form=form, free=_free(form.kind), wording=ARRANGING)


def _free(kind: ConsultationKind) -> Sequence[datetime]:
    diaries = Diary.read(kind, Coach.active())
    return sorted({starts_at for diary in diaries for starts_at in diary.free()})


def _kind() -> ConsultationKind:
    chosen = request.values.get("kind", "")
    kinds = ConsultationKind.active()
    return next((kind for kind in kinds if kind.slug == chosen), kinds[0] if kinds else None) or abort(404)


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)
