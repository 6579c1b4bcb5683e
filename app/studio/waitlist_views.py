"""Who waits for a seat in a full cohort, and what they were offered."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app.enrollment.cohorts import Cohort
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import serve_waitlists
from app.extensions import db, enqueue_after_commit
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.cohort_views import A_COHORT
from app.studio.listing import Asked, Listing, by_first_moment

# The first moment that is set names the state.
MOMENTS = {"over": WaitlistEntry.ended_at, "offered": WaitlistEntry.offered_at, "waiting": WaitlistEntry.confirmed_at}


@bp.get(f"{A_COHORT}/waitlist")
def list_waitlist(cohort_id: int) -> ResponseReturnValue:
    cohort = db.session.get(Cohort, cohort_id) or abort(404)
    in_line = Listing(
        rows=select(WaitlistEntry)
        .join(WaitlistEntry.person)
        .where(WaitlistEntry.cohort_id == cohort.id)
        .options(contains_eager(WaitlistEntry.person), joinedload(WaitlistEntry.order)),
        number=WaitlistEntry.id,
        searched=(Person.email, WaitlistEntry.name, Person.name),
        states=by_first_moment(MOMENTS, "unproven"),
    )
    page = in_line.page(Asked.by(request.args))
    turns = WaitlistEntry.turns(cohort, page.rows)
    why = _why_nobody_is_offered(cohort)
    return render_template("studio/waitlist.html", page=page, cohort=cohort, turns=turns, why=why)


def _why_nobody_is_offered(cohort: Cohort) -> str:
    """Where there is room and a line, what keeps the two apart; empty if there is nothing of the kind."""
    if not cohort.has_room_for_awaited:
        return ""
    if cohort.has_closed:
        return "The cohort has begun, or its sales are over: everybody in line is told within minutes."
    if cohort.opens_on:
        return "There is room, but sales are not open yet. Seats are offered from the day they open."
    if not cohort.is_on_sale:
        return "There is room, but the cohort is off sale: nobody is offered a seat until it is for sale again."
    return "There is room, and seats are offered within minutes. If nothing happens, see whether the worker runs."


@bp.post("/cohorts/waitlist/<int(max=2147483647):place_id>/removal")
def remove_from_waitlist(place_id: int) -> ResponseReturnValue:
    entry = WaitlistEntry.for_update(place_id) or abort(404)
    entry.end("removed")
    enqueue_after_commit(serve_waitlists)
    db.session.commit()
    flash("They are off the list, and what was held for them goes to the next. Nobody was written to.", "good")
    return redirect(url_for(".list_waitlist", cohort_id=entry.cohort_id), 303)
