"""Getting on the waiting list, by a mailed link, and off it again."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import in_zone
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.blueprint import LIMITS, bp
from app.coaching.booking.requesting import person_at
from app.coaching.booking.views import closed
from app.coaching.waiting import emails
from app.coaching.waiting.forms import WaitingForm, WishForm
from app.coaching.waiting.models import WORDING, WaitingEntry
from app.coaching.waiting.openings import Opening, Openings
from app.coaching.waiting.tasks import look_for_openings
from app.coaching.waiting.wishes import WaitingWish
from app.extensions import csrf, db, enqueue_after_commit
from app.limits import form_limits
from app.people.link_limits import limit_of_links_to
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from app.publishing import public_page

SHOWN = 3
# Where the ledger says they agreed: not the page's whole address, which holds a private link.
PAGE = "/coaching/waiting"


@bp.get("/waiting")
def show_waiting_list() -> ResponseReturnValue:
    kinds = _kinds()
    return _waiting_page(WaitingForm.fresh(kinds, Coach.active(), request.args.get("kind", "")))


@bp.post("/waiting")
@csrf.exempt
@form_limits("waiting-list", **LIMITS)
def join_waiting_list() -> ResponseReturnValue:
    form = WaitingForm(_kinds(), Coach.active())
    if form.is_trapped:
        return redirect(url_for(".show_waiting_asked"), 303)
    if not form.validate():
        return _waiting_page(form), 422
    if not form.anyway.data and (fitting := fitting_openings(form.chosen_kind, form.wish)):
        return _waiting_page(form, fitting)
    entry = WaitingEntry.ask(person_at(form.address), form.chosen_kind, form.typed_name, form.wish, page=PAGE)
    # The link of a mail that went a moment ago leads to what was typed now.
    counted_as = Person.counted_as(form.address)
    is_first = LinkMailing.claim(f"waiting for {entry.kind_id}", counted_as)
    if is_first and LinkMailing.claim("waiting", counted_as, every=timedelta()):
        emails.waiting_asked(entry)
    db.session.commit()
    return redirect(url_for(".show_waiting_asked"), 303)


@bp.get("/waiting/asked")
@public_page
def show_waiting_asked() -> ResponseReturnValue:
    return render_template("coaching/waiting/asked.html")


@bp.get("/waiting/entries/<token>")
def show_waiting_entry(token: str) -> ResponseReturnValue:
    entry = _of_link(token)
    return _entry_page(token, entry, WishForm.showing(entry, Coach.active()))


link_limit = limit_of_links_to(WaitingEntry)


@bp.post("/waiting/entries/<token>/confirmation")
@csrf.exempt
@link_limit
def confirm_waiting_entry(token: str) -> ResponseReturnValue:
    _of_link(token, for_update=True).confirm(page=PAGE)
    return _done(token)


@bp.post("/waiting/entries/<token>/wish")
@csrf.exempt
@link_limit
def change_waiting_entry(token: str) -> ResponseReturnValue:
    entry = _of_link(token, for_update=True)
    form = WishForm(Coach.active())
    if not form.validate():
        return _entry_page(token, entry, form), 422
    if entry.state in ("unproven", "ended"):
        return _entry_page(token, entry, form), 409
    entry.change(form.wish)
    return _done(token)


@bp.post("/waiting/entries/<token>/departure")
@csrf.exempt
@link_limit
def leave_waiting_list(token: str) -> ResponseReturnValue:
    _of_link(token, for_update=True).leave(page=PAGE)
    return _done(token)


def _done(token: str) -> ResponseReturnValue:
    """What was done is kept, and may have made a time free for somebody, or somebody free for a time."""
    enqueue_after_commit(look_for_openings)
    db.session.commit()
    return redirect(url_for(".show_waiting_entry", token=token), 303)


def fitting_openings(kind: ConsultationKind, wish: WaitingWish) -> list[Opening]:
    """The first of the free times that suit somebody now, one on a day; whoever may book them."""
    found: dict[date, Opening] = {}
    for opening in Openings().suiting(kind, wish):
        found.setdefault(in_zone(opening.starts_at, wish.time_zone).date(), opening)
        if len(found) == SHOWN:
            break
    return list(found.values())


def unknown_link() -> Response:
    """A private link that leads nowhere, or not any more."""
    return make_response(render_template("coaching/waiting/unknown_link.html"), 404)


def _kinds() -> Sequence[ConsultationKind]:
    return ConsultationKind.active() or abort(closed())


def _waiting_page(form: WaitingForm, fitting: Sequence[Opening] = ()) -> str:
    kind = form.kind.data
    return render_template("coaching/waiting/show.html", form=form, fitting=fitting, kind=kind, wording=WORDING)


def _of_link(token: str, *, for_update: bool = False) -> WaitingEntry:
    return WaitingEntry.from_link(token, for_update=for_update) or abort(unknown_link())


def _entry_page(token: str, entry: WaitingEntry, form: WishForm) -> str:
    offer = entry.open_offer
    return render_template(
        "coaching/waiting/entry.html", token=token, entry=entry, form=form, open_offer=offer, wording=WORDING
    )
