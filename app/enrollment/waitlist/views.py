"""Getting in line by a mailed link, and what can be done behind it: leave, pass a held seat on, or enroll."""

import logging

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.enrollment import checkout
from app.enrollment.blueprint import bp
from app.enrollment.checkout import Wanted
from app.enrollment.cohorts import Cohort, CohortFull, NotOnSale
from app.enrollment.emails import payment_page_refused
from app.enrollment.forms import number
from app.enrollment.models import Course
from app.enrollment.waitlist import books, emails, records
from app.enrollment.waitlist.forms import NameForm, WaitlistForm
from app.enrollment.waitlist.models import WORDING, WaitlistEntry
from app.enrollment.waitlist.tasks import serve_waitlists
from app.extensions import csrf, db, enqueue_after_commit
from app.limits import form_limits
from app.payments import stripe_gateway
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.people.link_limits import limit_of_links_to
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from app.publishing import public_page

log = logging.getLogger(__name__)
# What is held of a person, and what the books count, is known once these are imported.
__all__ = ["books", "bp", "records"]

# Where the ledger says they agreed: not the page's whole address, which holds a private link.
PAGE = "/course/waitlist"
COUNTED_AHEAD = 20
STRIPE_AWAY = (
    "Our payment partner does not answer just now. Nothing was charged, and the seat stays held for you as long as this"
    " page says. Please try again in a minute."
)
STRIPE_REFUSES = (
    "Our payment partner does not take this order as we sent it. Nothing was charged, and the seat stays held for you "
    "as long as this page says. The fault is ours, and we have just been told of it: please try again before then."
)


@bp.get("/course/waitlist")
def show_waitlist() -> ResponseReturnValue:
    full = _full_cohorts()
    chosen = number(request.args.get("cohort", ""))
    ids = [cohort.id for cohort in full]
    form = WaitlistForm(full, formdata=None, cohort=chosen if chosen in ids else next(iter(ids), None))
    return _waitlist_page(form, full)


@bp.post("/course/waitlist")
@csrf.exempt
@form_limits("course-waitlist", address="60/hour", network_="100/hour", domain="200/hour", in_all="1000/hour")
def join_waitlist() -> ResponseReturnValue:
    full = _full_cohorts()
    form = WaitlistForm(full)
    if form.is_trapped:
        return redirect(url_for(".show_waitlist_asked"), 303)
    if not form.validate():
        return _waitlist_page(form, full), 422
    # Locked before the person, as by whoever buys.
    cohort = Cohort.for_update(form.cohort.data) or abort(404)
    entry = WaitlistEntry.ask(Person.at(form.address), cohort, form.typed_name, page=PAGE)
    # Its name of today may differ from what was typed a moment ago; the link that was mailed leads to it.
    if LinkMailing.claim("course waiting list", Person.counted_as(form.address)):
        emails.waitlist_asked(entry)
    db.session.commit()
    return redirect(url_for(".show_waitlist_asked"), 303)


@bp.get("/course/waitlist/asked")
@public_page
def show_waitlist_asked() -> ResponseReturnValue:
    return render_template("enrollment/waitlist/asked.html")


@bp.get("/course/waitlist/<token>")
def show_waitlist_entry(token: str) -> ResponseReturnValue:
    entry = _of_link(token)
    return _entry_page(token, entry, NameForm(formdata=None, name=entry.order.name if entry.order else entry.name))


link_limit = limit_of_links_to(WaitlistEntry)


@bp.post("/course/waitlist/<token>/confirmation")
@csrf.exempt
@link_limit
def confirm_waitlist_entry(token: str) -> ResponseReturnValue:
    _of_link(token, for_update=True).confirm(page=PAGE)
    return _done(token)


@bp.post("/course/waitlist/<token>/departure")
@csrf.exempt
@link_limit
def leave_waitlist(token: str) -> ResponseReturnValue:
    _of_link(token, for_update=True).leave("left", page=PAGE)
    return _done(token)


@bp.post("/course/waitlist/<token>/refusal")
@csrf.exempt
@link_limit
def pass_seat_on(token: str) -> ResponseReturnValue:
    entry = _of_link(token, for_update=True)
    if entry.has_offer:
        entry.leave("passed on", page=PAGE)
    return _done(token)


@bp.post("/course/waitlist/<token>/checkout")
@csrf.exempt
@link_limit
def take_offered_seat(token: str) -> ResponseReturnValue:
    entry = _of_link(token)
    if entry.state not in ("offered", "paying"):
        return redirect(url_for(".show_waitlist_entry", token=token), 303)
    form = NameForm()
    if not form.validate():
        return _entry_page(token, entry, form), 422
    if not stripe_gateway.is_set_up():
        return render_template("enrollment/unavailable.html", form=None), 503
    return _send_to_stripe(token, entry, form)


def _send_to_stripe(token: str, entry: WaitlistEntry, form: NameForm) -> ResponseReturnValue:
    """What is held for them goes over to their order. A second click leads to the same payment page."""
    wanted = Wanted(entry.cohort_id, entry.person.email, form.typed_name, has_link=True)
    try:
        url = checkout.start(wanted, page=PAGE)
    except (CohortFull, NotOnSale):
        db.session.rollback()
        form.form_errors = ["This seat cannot be bought at the moment. If it is held for you still, try again later."]
        return _entry_page(token, _of_link(token), form), 409
    except GatewayUnavailable as trouble:
        log.warning("no payment page could be opened: %s", trouble)
        form.form_errors = [STRIPE_AWAY]
        return _entry_page(token, _of_link(token), form), 503, {"Retry-After": "60"}
    except GatewayRefused as refusal:
        payment_page_refused(str(refusal))
        db.session.commit()
        form.form_errors = [STRIPE_REFUSES]
        return _entry_page(token, _of_link(token), form), 503
    return redirect(url, 303)


def _done(token: str) -> ResponseReturnValue:
    """What was done is kept, and may have made somebody the next who is to be offered a seat."""
    enqueue_after_commit(serve_waitlists)
    db.session.commit()
    return redirect(url_for(".show_waitlist_entry", token=token), 303)


def _full_cohorts() -> list[Cohort]:
    course = Course.current() or abort(404)
    return [cohort for cohort in course.cohorts_on_sale if cohort.is_full]


def _waitlist_page(form: WaitlistForm, full: list[Cohort]) -> str:
    return render_template("enrollment/waitlist/show.html", form=form, full=full, wording=WORDING)


def _of_link(token: str, *, for_update: bool = False) -> WaitlistEntry:
    unknown = make_response(render_template("enrollment/waitlist/unknown_link.html"), 404)
    return WaitlistEntry.from_link(token, for_update=for_update) or abort(unknown)


def _entry_page(token: str, entry: WaitlistEntry, form: NameForm) -> str:
    ahead = entry.ahead(COUNTED_AHEAD) if entry.state == "waiting" else 0
    return render_template(
        "enrollment/waitlist/entry.html",
        token=token,
        entry=entry,
        form=form,
        ahead=ahead,
        most_ahead=COUNTED_AHEAD,
        wording=WORDING,
    )
