"""Who waits for a consultation, since when, and what they were offered."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.tasks import look_for_openings
from app.extensions import db, enqueue_after_commit
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing, by_first_moment

# The first moment that is set names the state; who has confirmed and nothing more, waits.
MOMENTS = {"ended": WaitingEntry.ended_at, "paused": WaitingEntry.paused_at, "waiting": WaitingEntry.confirmed_at}
WAITING = Listing(
    rows=select(WaitingEntry)
    .join(WaitingEntry.person)
    .options(
        contains_eager(WaitingEntry.person),
        joinedload(WaitingEntry.kind),
        joinedload(WaitingEntry.coach),
        selectinload(WaitingEntry.offers),
    ),
    number=WaitingEntry.id,
    searched=(Person.email, WaitingEntry.name, Person.name),
    states=by_first_moment(MOMENTS, "unproven"),
)


@bp.get("/consultations/waiting")
def list_waiting() -> ResponseReturnValue:
    return render_template("studio/waiting.html", page=WAITING.page(Asked.by(request.args)))


@bp.post("/consultations/waiting/<int(max=2147483647):entry_id>/removal")
def remove_waiting(entry_id: int) -> ResponseReturnValue:
    entry = WaitingEntry.for_update(entry_id) or abort(404)
    entry.end()
    enqueue_after_commit(look_for_openings)
    db.session.commit()
    flash("They are off the list, and what was held for them goes to the next. Nobody was written to.", "good")
    return redirect(url_for(".list_waiting"), 303)
