import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking.picker import PARTS, Picker, Wish
from app.coaching.booking.requesting import book, request_times
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.forms import TOO_CLOSE, UNKNOWN_SLOT, BookingForm, RequestForm
from app.coaching.offer import CoachingOffer
from app.coaching.paying.checkout import start
from app.coaching.paying.wording import NOT_CHARGED, UNKNOWN_ADDRESS
from app.coaching.wording import ARRANGING
from app.extensions import csrf, db, read_only
from app.limits import form_limits
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)


class Way(NamedTuple):
    """A way to a consultation: the form to fill in, and its page."""

    form: type[BookingForm] | type[RequestForm]
    template: str

    @property
    def kinds(self) -> list[ConsultationKind]:
        """Those one can come by in this way: what has a price is paid for when it is booked."""
        return [kind for kind in ConsultationKind.active() if self.form is BookingForm or not kind.price_cents]


BOOKING = Way(BookingForm, "coaching/book.html")
REQUEST = Way(RequestForm, "coaching/request.html")


@bp.get("/book")
def show_picker() -> ResponseReturnValue:
    return _page(BOOKING, _blank(BOOKING))


@bp.post("/book/times")
@csrf.exempt
def show_times_to_book() -> ResponseReturnValue:
    return _shown_again(BOOKING)


@bp.post("/book")
@csrf.exempt
@form_limits("consultation-booking", **LIMITS)
def book_consultation() -> ResponseReturnValue:
    form = _sent(BOOKING)
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page(BOOKING, form), 422
    if form.kind.price_cents:
        return _go_to_pay(form)
    try:
        consultation = book(form.address, form.intake, form.starts_at, form.coach_id, **_asked_along(form))
    except (SlotTaken, NotOffered) as refusal:
        return _refused(BOOKING, form, refusal)
    db.session.commit()
    if consultation is None:
        return redirect(url_for(".show_requested"), 303)
    return redirect(url_for(".show_consultation", token=consultation.browser_token), 303)


@bp.get("/request")
def request_consultation() -> ResponseReturnValue:
    return _page(REQUEST, _blank(REQUEST))


@bp.post("/request/times")
@csrf.exempt
def show_times_to_request() -> ResponseReturnValue:
    return _shown_again(REQUEST)


@bp.post("/request")
@csrf.exempt
@form_limits("consultation-request", **LIMITS)
def create_consultation() -> ResponseReturnValue:
    form = _sent(REQUEST)
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page(REQUEST, form), 422
    try:
        request_times(form.address, form.intake, form.times, form.coach_id, **_asked_along(form))
    except (SlotTaken, NotOffered) as refusal:
        return _refused(REQUEST, form, refusal)
    db.session.commit()
    return redirect(url_for(".show_requested"), 303)


def _go_to_pay(form: BookingForm) -> ResponseReturnValue:
    try:
        url = start(form.address, form.intake, form.starts_at, form.coach_id, **_asked_along(form))
    except (SlotTaken, NotOffered) as refusal:
        return _refused(BOOKING, form, refusal)
    except GatewayUnavailable as trouble:
        log.warning("no payment page could be opened: %s", trouble)
        form.slot.errors = [NOT_CHARGED]
        return _page(BOOKING, form), 503, {"Retry-After": "60"}
    except GatewayRefused as refusal:
        form.email.errors = [UNKNOWN_ADDRESS if refusal.param == "customer_email" else NOT_CHARGED]
        return _page(BOOKING, form), 422
    return redirect(url or url_for(".show_requested"), 303)


def _blank(way: Way) -> BookingForm | RequestForm:
    """The form before anything is filled in, but for what the link said."""
    said = Wish.read(request.args) if "time_zone" in request.args else None
    kind, coach = request.args.get("kind", ""), request.args.get("coach", "")
    return _form(way, kind, coach, formdata=None, time_zone=said and said.zone)


def _sent(way: Way) -> BookingForm | RequestForm:
    return _form(way, request.form.get("kind", ""), "")


def _form(way: Way, kind: str, coach: str, **kwargs: Any) -> BookingForm | RequestForm:
    kinds = way.kinds or abort(404 if way is BOOKING else redirect(url_for(".show_picker")))
    return way.form.offering(_offer(), kinds, Coach.active(), kind, coach, **kwargs)


def _asked_along(form: BookingForm | RequestForm) -> dict[str, Any]:
    return {"wants_newsletter": bool(form.newsletter.data), "page": request.path}


def _shown_again(way: Way) -> str:
    """The page in another week, or otherwise filtered, with all that was typed: nothing is checked, nothing kept."""
    read_only()
    return _page(way, _sent(way))


def _refused(way: Way, form: BookingForm | RequestForm, why: SlotTaken | NotOffered) -> tuple[str, int]:
    """The page again, with what is still free near the time that somebody else has."""
    db.session.rollback()
    read_only()
    wish = Wish.read(request.form)
    free = _picker(form, wish).starts
    gone = [start for start in wish.chosen if start not in free]
    if isinstance(why, NotOffered) or (len(wish.chosen) > 1 and not gone):
        form.slot.errors = [UNKNOWN_SLOT if isinstance(why, NotOffered) else TOO_CLOSE]
        return _page(way, form), 422
    return _page(way, form, gone or list(wish.chosen)), 409


def page_instead(kind: ConsultationKind, address: str, gone: datetime, why: str) -> str:
    """The picker, near a time that was to be booked elsewhere and cannot be any more, with all that was typed there."""
    form = _form(BOOKING, kind.slug, "", email=address)
    form.slot.errors = [why]
    return _page(BOOKING, form, near=gone)


def _page(
    way: Way, form: BookingForm | RequestForm, taken: Sequence[datetime] = (), near: datetime | None = None
) -> str:
    wish = Wish.read(request.values)
    if near := near or (taken[0] if taken else None):
        wish = wish.around(near)
    picker = _picker(form, wish)
    return render_template(
        way.template, offer=_offer(), form=form, picker=picker, parts=PARTS, taken=taken, wording=ARRANGING
    )


def _picker(form: BookingForm | RequestForm, wish: Wish) -> Picker:
    return Picker.of(form.kind, form.chosen_coaches, wish)


def _offer() -> CoachingOffer:
    return CoachingOffer.current() or abort(404)
