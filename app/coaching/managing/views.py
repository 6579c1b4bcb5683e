import math
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking.held import NotHeld
from app.coaching.booking.picker import PARTS, Picker, Wish
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.fields import UNKNOWN_SLOT
from app.coaching.forms import CancellationForm, DetailsForm, MoveForm, OtherTimesForm
from app.coaching.managing.choosing import accept, cancel, change_details, offer_times, take_free_time
from app.coaching.managing.standing import asked_too_soon, standing_of, too_late
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.private_links import consultation_of, link_limit, shown_link_limit
from app.coaching.refusals import AlreadyOver
from app.extensions import csrf, db, read_only
from app.limits import form_limits
from app.local_times import in_words
from app.newsletter.forms import AddressForm
from app.newsletter.preferences import moving
from app.people.addresses import normalize

BOOKED_ALREADY = "Nothing was changed, for it is booked already. Move it to another time instead."
THEIRS_ALREADY = "That is the address we write to now. Type the one you would like instead."
NOT_HELD = "That time is not held for you any more. Choose another one."


@bp.get("/consultations/<token>")
def show_consultation(token: str) -> ResponseReturnValue:
    return _page(token, consultation_of(token))


@bp.post("/consultations/<token>/details")
@csrf.exempt
@link_limit
@shown_link_limit
def change_consultation(token: str) -> ResponseReturnValue:
    consultation = _changeable(token)
    form = DetailsForm.of(consultation, _offer())
    if not form.validate():
        return _page(token, consultation, form=form), 422
    change_details(consultation, form.intake)
    return _done(token, consultation)


@bp.post("/consultations/<token>/address")
@csrf.exempt
@form_limits("consultation-address", **LIMITS)
@link_limit
def ask_for_address(token: str) -> ResponseReturnValue:
    """As on a subscriber's page: the mailbox they have is asked first, then the new one. The shown link proves none."""
    if Consultation.is_shown_link(token):
        abort(404)
    consultation, form = _changeable(token), AddressForm()
    if not form.is_trapped:
        if not _takes_address(consultation, form):
            return _page(token, consultation, address=form), 422
        ask_again_at = moving.ask(consultation.person, normalize(form.email.data or ""))
        consultation.prove_address(token)
        db.session.commit()
        if ask_again_at:
            form.email.errors = [asked_too_soon(in_words(ask_again_at, consultation.time_zone))]
            wait = math.ceil((ask_again_at - now()).total_seconds())
            return _page(token, consultation, address=form), 429, {"Retry-After": str(wait)}
    return redirect(url_for("newsletter.show_address_step_done", what="asked"), 303)


def _takes_address(consultation: Consultation, form: AddressForm) -> bool:
    if not form.validate():
        return False
    if is_theirs := normalize(form.email.data or "") == consultation.person.email:
        form.email.errors = [THEIRS_ALREADY]
    return not is_theirs


@bp.post("/consultations/<token>/cancellation")
@csrf.exempt
@link_limit
def cancel_consultation(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token, for_update=True)
    if consultation.cancelled_at and not consultation.is_unpaid:  # A second click.
        return _done(token, consultation)
    consultation = _changeable(token)
    form = CancellationForm()
    if not form.validate():
        return _page(token, consultation, cancellation=form), 422
    cancel(consultation, form.reason.data or "")
    return _done(token, consultation)


@bp.post("/consultations/<token>/acceptance")
@csrf.exempt
@link_limit
@shown_link_limit
def accept_proposed_time(token: str) -> ResponseReturnValue:
    consultation = _changeable(token)
    form = MoveForm()
    if not form.validate():
        return _page(token, consultation, problem=" ".join(form.slot.errors)), 422
    try:
        accept(consultation, form.starts_at)
    except NotHeld:
        return _page(token, consultation, problem=NOT_HELD), 409
    except NotOffered:
        return _page(token, consultation, problem=UNKNOWN_SLOT), 422
    return _done(token, consultation)


class Choice(NamedTuple):
    """A way to choose among free times: what is chosen, its page, and what comes of it."""

    form: type[MoveForm] | type[OtherTimesForm]
    template: str
    choose: Callable[[Consultation, Any], None]


MOVE = Choice(MoveForm, "coaching/reschedule.html", lambda it, form: take_free_time(it, form.starts_at))
OFFER = Choice(OtherTimesForm, "coaching/offer_times.html", lambda it, form: offer_times(it, form.times))


@bp.get("/consultations/<token>/reschedule")
def show_free_times(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token)
    if not consultation.may_be_changed:
        return _too_late(token, consultation)
    return _times_page(MOVE, token, consultation, MoveForm(formdata=None))


@bp.post("/consultations/<token>/reschedule")
@csrf.exempt
@link_limit
@shown_link_limit
def reschedule_consultation(token: str) -> ResponseReturnValue:
    return _choose(MOVE, token)


@bp.get("/consultations/<token>/times")
def show_times_to_offer(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token)
    if not consultation.may_be_changed:
        return _too_late(token, consultation)
    if consultation.booked_at:
        return redirect(url_for(".show_consultation", token=token))
    return _times_page(OFFER, token, consultation, OtherTimesForm(formdata=request.args))


@bp.post("/consultations/<token>/times")
@csrf.exempt
@link_limit
@shown_link_limit
def offer_other_times(token: str) -> ResponseReturnValue:
    return _choose(OFFER, token)


def _choose(way: Choice, token: str) -> ResponseReturnValue:
    consultation = _changeable(token)
    form = way.form()
    if not form.validate():
        return _times_page(way, token, consultation, form), 422
    try:
        way.choose(consultation, form)
    except AlreadyOver:
        return _page(token, consultation, problem=BOOKED_ALREADY), 409
    except (SlotTaken, NotOffered) as refusal:
        return _refused(way, token, form, refusal)
    return _done(token, consultation)


def _changeable(token: str) -> Consultation:
    """The consultation, locked; ends with its page, and why nothing was done, if it cannot be changed any more."""
    consultation = consultation_of(token, for_update=True)
    if consultation.may_be_changed:
        return consultation
    abort(make_response(_too_late(token, consultation), 409))


def _too_late(token: str, consultation: Consultation) -> str:
    return _page(token, consultation, problem=too_late(consultation))


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)


def _done(token: str, consultation: Consultation) -> ResponseReturnValue:
    """What was done is kept, and whoever did it by the mailed link is known to own the address."""
    consultation.prove_address(token)
    db.session.commit()
    return redirect(url_for(".show_consultation", token=token), 303)


def _page(
    token: str,
    consultation: Consultation,
    *,
    form: DetailsForm | None = None,
    cancellation: CancellationForm | None = None,
    address: AddressForm | None = None,
    problem: str = "",
) -> str:
    offer = _offer()
    return render_template(
        "coaching/consultation.html",
        token=token,
        consultation=consultation,
        standing=standing_of(consultation),
        offer=offer,
        form=form or DetailsForm.showing(consultation, offer),
        cancellation=cancellation or CancellationForm(formdata=None),
        address=address or AddressForm(formdata=None),
        problem=problem,
    )


def _refused(way: Choice, token: str, form: MoveForm | OtherTimesForm, why: SlotTaken | NotOffered) -> tuple[str, int]:
    """The page again, with what is still free near the time that somebody else has."""
    db.session.rollback()
    read_only()
    consultation = consultation_of(token)
    if isinstance(why, NotOffered):
        form.slot.errors = [UNKNOWN_SLOT]
        return _times_page(way, token, consultation, form), 422
    wish = _wish(consultation)
    gone = _picker(consultation, wish).gone or wish.chosen
    return _times_page(way, token, consultation, form, gone), 409


def _times_page(
    way: Choice,
    token: str,
    consultation: Consultation,
    form: MoveForm | OtherTimesForm,
    taken: Sequence[datetime] = (),
) -> str:
    wish = _wish(consultation)
    picker = _picker(consultation, wish.around(taken[0]) if taken else wish)
    return render_template(
        way.template, token=token, consultation=consultation, form=form, picker=picker, parts=PARTS, taken=taken
    )


def _wish(consultation: Consultation) -> Wish:
    """On the clocks of the consultation; at first it shows the week of the time that is booked."""
    wish = Wish.read(request.values, consultation.time_zone)._replace(zone=consultation.time_zone)
    return wish if wish.week or not consultation.starts_at else wish.around(consultation.starts_at)


def _picker(consultation: Consultation, wish: Wish) -> Picker:
    """The free times of the coaches whose it may be, as if nothing were taken or held for it."""
    coaches = [coach for coach in Coach.active() if consultation.wanted_coach_id in (None, coach.id)]
    return Picker.of(consultation.kind, coaches, wish, but=[time.id for time in consultation.reserved_times])
