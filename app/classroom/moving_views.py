"""Moving to a later cohort, once, by oneself."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.classroom.blueprint import access, bp
from app.enrollment.enrollments import Enrollment
from app.enrollment.next_cohort.moving import CannotMove, later_cohorts, move
from app.extensions import db

A_PLACE = "/places/<int(max=2147483647):place_id>/move"


@bp.get(A_PLACE)
def show_move(place_id: int) -> ResponseReturnValue:
    return _page(_own(place_id))


@bp.post(A_PLACE)
def move_place(place_id: int) -> ResponseReturnValue:
    place, chosen = _own(place_id), request.form.get("cohort", type=int)
    if not place.can_move:
        return _page(place), 409
    if chosen is None:
        return _page(place, "Please choose a cohort first."), 422
    try:
        move(place, chosen)
    except CannotMove as problem:
        db.session.rollback()
        return _page(_own(place_id), str(problem)), 409
    db.session.commit()
    cohort = place.cohort
    has = ", where you have the lessons, without live sessions" if cohort.has_lessons_only else ""
    about = "what you have there" if cohort.is_self_paced else "the dates"
    flash(f"You have moved to {cohort.name}{has}. An e-mail with {about} is on its way to you.", "good")
    return redirect(url_for(".show_classroom"), 303)


def _own(place_id: int) -> Enrollment:
    """A place of the visitor's that opens the classroom; nobody else's can be told from one that there is not."""
    return next((place for place in access().places if place.id == place_id), None) or abort(404)


def _page(place: Enrollment, problem: str = "") -> str:
    return render_template(
        "classroom/move.html", place=place, cohorts=later_cohorts(place) if place.can_move else [], problem=problem
    )
