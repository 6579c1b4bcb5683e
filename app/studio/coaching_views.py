"""Consultations as a list: the pipeline from the request to what came of it."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.booking.reserved import ReservedTime
from app.coaching.models import Consultation
from app.coaching.paying.models import ConsultationPayment
from app.extensions import db
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.coach_views import all_coaches
from app.studio.listing import Asked, Listing, by_first_moment

# As the states follow each other.
PIPELINE = ("requested", "held", "booked", "completed", "no-show", "cancelled", "not paid", "does not match")
# Of these the states are counted: enough to see what waits, however many there ever were.
COUNTED = 2000


def consultations_by_state() -> dict[str, ColumnElement[bool]]:
    """Conditions for the states of consultations at this moment."""
    moments = {
        "cancelled": Consultation.cancelled_at,
        "completed": Consultation.completed_at,
        "no-show": Consultation.no_show_at,
        "booked": Consultation.booked_at,
    }
    states = by_first_moment(moments, "open")
    is_open, held_until = states.pop("open"), Consultation.held_until
    is_not_held = or_(held_until.is_(None), held_until <= now())
    states["held"], states["requested"] = and_(is_open, held_until > now()), and_(is_open, is_not_held)
    is_unpaid = and_(Consultation.is_unpaid, or_(Consultation.cancelled_at.is_not(None), is_not_held))
    states = {state: and_(condition, ~is_unpaid) for state, condition in states.items()}
    states |= {"not paid": and_(is_unpaid, ~_is_odd()), "does not match": and_(is_unpaid, _is_odd())}
    return {state: states[state] for state in PIPELINE}


def _is_odd() -> ColumnElement[bool]:
    """Whether the payment is not what we asked for, and has not gone back."""
    return Consultation.payment.has(ConsultationPayment.mismatched_at.is_not(None), paid_at=None, refunded_at=None)


def consultations_of(coach: Coach | None) -> Listing[Consultation]:
    """Those of the coach, or all."""
    rows = select(Consultation).join(Consultation.person)
    return Listing(
        rows=rows.where(*_with(coach)).options(
            contains_eager(Consultation.person),
            joinedload(Consultation.kind),
            joinedload(Consultation.coach),
            joinedload(Consultation.payment),
            selectinload(Consultation.preferred_times),
        ),
        number=Consultation.id,
        searched=(Person.email, Consultation.name, Person.name),
        states=consultations_by_state(),
    )


def count_by_state(coach: Coach | None) -> dict[str, int]:
    """How many of the newest are in each state."""
    state = case(*((condition, state) for state, condition in consultations_by_state().items()))
    newest = (
        select(state.label("state")).where(*_with(coach)).order_by(Consultation.id.desc()).limit(COUNTED).subquery()
    )
    found = db.session.execute(select(newest.c.state, func.count()).group_by(newest.c.state))
    return dict.fromkeys(PIPELINE, 0) | {name: count for name, count in found}


def _with(coach: Coach | None) -> list[ColumnElement[bool]]:
    """Theirs, and those that any coach may answer and that they have a time held for."""
    if not coach:
        return []
    holds = Consultation.reserved_times.any(and_(ReservedTime.coach_id == coach.id, ReservedTime.held_until > now()))
    return [or_(Consultation.coach_id == coach.id, and_(Consultation.coach_id.is_(None), holds))]


def chosen_coach(coaches: list[Coach]) -> Coach | None:
    """The one that the address names, if there is such a one."""
    return next((coach for coach in coaches if str(coach.id) == request.args.get("coach")), None)


@bp.get("/consultations")
def list_consultations() -> ResponseReturnValue:
    coaches = all_coaches()
    coach = chosen_coach(coaches)
    counts = count_by_state(coach)
    given: dict[str, Any] = {
        "coaches": coaches,
        "coach": coach,
        "counts": counts,
        "is_cut": sum(counts.values()) >= COUNTED,
    }
    page = consultations_of(coach).page(Asked.by(request.args))
    return render_template("studio/consultations.html", page=page, counted=COUNTED, **given)
