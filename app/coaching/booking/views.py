import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, asking_limit, bp
from app.coaching.booking.picker import PARTS, Picker, Wish
from app.coaching.booking.requesting import asked_just_now, book, request_times
from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered, look
from app.coaching.fields import UNKNOWN_SLOT
from app.coaching.forms import BookingForm, RequestForm
from app.coaching.intake import Asked
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.coaching.paying.checkout import start
from app.coaching.paying.wording import NOT_CHARGED, UNKNOWN_ADDRESS
from app.coaching.wording import ARRANGING
from app.extensions import SAFE_METHODS, csrf, db, read_only
from app.limits import form_limits
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.publishing import holds_no_secret

log = logging.getLogger(__name__)


class Way(NamedTuple):
    """A way to a consultation: the form to fill in, and its page."""

    form: type[BookingForm] | type[RequestForm]
    template: str

    def among(self, kinds: Sequence[ConsultationKind]) -> list[ConsultationKind]:
        """Those of the kinds one can come by in this way: what has a price is paid for when it is booked."""
        return [kind for kind in kinds if self.form is BookingForm or not kind.price_cents]


BOOKING = Way(BookingForm, "coaching/book.html")
REQUEST = Way(RequestForm, "coaching/request.html")


@bp.get("/book")
@holds_no_secret
def show_picker() -> ResponseReturnValue:
    return _page(BOOKING, _blank(BOOKING))


@bp.post("/book/times")
@csrf.exempt
@holds_no_secret
def show_times_to_book() -> ResponseReturnValue:
    return _shown_again(BOOKING)


@bp.post("/book")
@csrf.exempt
@holds_no_secret
@form_limits("consultation-booking", **LIMITS)
@asking_limit
def book_consultation() -> ResponseReturnValue:
    read_only()
    form = _sent(BOOKING)
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page(BOOKING, form), 422
    if form.kind.price_cents:
        return _go_to_pay(form)
    try:
        consultation = _take_up(form, book)
    except (SlotTaken, NotOffered) as why:
        return _refused(BOOKING, form, why)
    db.session.commit()
    if consultation is None:
        return redirect(url_for(".show_requested"), 303)
    return redirect(url_for(".show_consultation", token=consultation.browser_token), 303)


@bp.get("/request")
@holds_no_secret
def request_consultation() -> ResponseReturnValue:
    return _page(REQUEST, _blank(REQUEST))


@bp.post("/request/times")
@csrf.exempt
@holds_no_secret
def show_times_to_request() -> ResponseReturnValue:
    return _shown_again(REQUEST)


@bp.post("/request")
@csrf.exempt
@holds_no_secret
@form_limits("consultation-request", **LIMITS)
@asking_limit
def create_consultation() -> ResponseReturnValue:
    read_only()
    form = _sent(REQUEST)
    if form.is_trapped:
        return redirect(url_for(".show_requested"), 303)
    if not form.validate():
        return _page(REQUEST, form), 422
    try:
        _take_up(form, request_times)
    except (SlotTaken, NotOffered) as why:
        return _refused(REQUEST, form, why)
    db.session.commit()
    return redirect(url_for(".show_requested"), 303)


def _go_to_pay(form: BookingForm) -> ResponseReturnValue:
    db.session.rollback()
    try:
        url = start(form.asked(request.path))
    except (SlotTaken, NotOffered) as why:
        db.session.rollback()
        read_only()
        return _refused(BOOKING, form, why)
    except GatewayUnavailable as trouble:
        log.warning("no payment page could be opened: %s", trouble)
        form.slot.errors = [NOT_CHARGED]
        return _page(BOOKING, form), 503, {"Retry-After": "60"}
    except GatewayRefused as refusal:
        form.email.errors = [UNKNOWN_ADDRESS if refusal.param == "customer_email" else NOT_CHARGED]
        return _page(BOOKING, form), 422
    db.session.commit()
    return redirect(url or url_for(".show_requested"), 303)


def _blank(way: Way) -> BookingForm | RequestForm:
    """The form before anything is filled in, but for what the link said."""
    said = Wish.read(request.args) if "time_zone" in request.args else None
    kind, coach = request.args.get("kind", ""), request.args.get("coach", "")
    return _form(way, kind, coach, formdata=None, time_zone=said and said.zone)


def _sent(way: Way) -> BookingForm | RequestForm:
    return _form(way, request.form.get("kind", ""), "")


def _form(way: Way, kind: str, coach: str, **kwargs: Any) -> BookingForm | RequestForm:
    active, coaches = ConsultationKind.active(), Coach.active()
    if not (active and coaches):
        abort(closed())
    offer = CoachingOffer.current() or abort(404)
    kinds = way.among(active) or abort(redirect(url_for(".show_picker")))
    return way.form.offering(offer, kinds, coaches, kind, coach, **kwargs)


def closed() -> Response:
    """That nothing can be booked now, and what to do: no error for who looks, a conflict for who sends something."""
    page = render_template("coaching/closed.html", kinds=ConsultationKind.active())
    return make_response(page, 200 if request.method in SAFE_METHODS else 409)


def _take_up(form: BookingForm | RequestForm, verb: Callable[[Asked], Consultation | None]) -> Consultation | None:
    """What comes of the form: what the same person asked for a moment ago, or else of `verb`.

    Raises SlotTaken or NotOffered, mostly without having locked anything; then the transaction is one that only reads.
    """
    asked = form.asked(request.path)
    if known := asked_just_now(asked):
        return known
    look(form.kind, form.chosen_coaches, asked.times.starts)
    db.session.rollback()
    try:
        return verb(asked)
    except (SlotTaken, NotOffered):
        db.session.rollback()
        read_only()
        raise


def _shown_again(way: Way) -> str:
    """The page in another week, or otherwise filtered, with all that was typed: nothing is checked, nothing kept."""
    read_only()
    return _page(way, _sent(way))


def _refused(way: Way, form: BookingForm | RequestForm, why: SlotTaken | NotOffered) -> tuple[str, int]:
    if isinstance(why, SlotTaken):
        return _page(way, form, is_taken=True), 409
    form.slot.errors = [UNKNOWN_SLOT]
    return _page(way, form), 422


def page_instead(kind: ConsultationKind, address: str, gone: datetime, why: str) -> str:
    """The picker, near a time that was to be booked elsewhere and cannot be any more, with all that was typed there."""
    form = _form(BOOKING, kind.slug, "", email=address)
    form.slot.errors = [why]
    return _page(BOOKING, form, near=gone)


def _page(way: Way, form: BookingForm | RequestForm, *, is_taken: bool = False, near: datetime | None = None) -> str:
    """The form and the free times: those around `near`, or around what is taken, if it is."""
    picker = Picker.of(form.kind, form.chosen_coaches, Wish.read(request.values))
    taken = (picker.gone or picker.wish.chosen) if is_taken else ()
    if near := near or (taken[0] if taken else None):
        picker = picker.around(near)
    context = {"form": form, "picker": picker, "parts": PARTS, "taken": taken, "wording": ARRANGING}
    return render_template(way.template, offer=form.offer, **context)
