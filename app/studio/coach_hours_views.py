"""When a coach talks each week."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.availability.models import Coach
from app.extensions import db
from app.studio.blueprint import bp
from app.studio.coach_views import A_COACH, outside_in_words, wanted_coach, wanted_coach_for_update
from app.studio.free_times import FreeTimes
from app.studio.odd_days import odd_days_ahead
from app.studio.typed_week import TypedWeek


@bp.get(f"{A_COACH}/hours")
def show_coach_hours(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach(coach_id)
    return _page(coach, TypedWeek.of(coach.week))


@bp.post(f"{A_COACH}/hours")
def save_coach_hours(coach_id: int) -> ResponseReturnValue:
    """Save them, or only show what they would come to."""
    coach, typed = wanted_coach_for_update(coach_id), TypedWeek.sent(request.form)
    wish = request.form.get("do", "save")
    if wish == "copy":
        typed = typed.with_weekdays_like_monday()
    if typed.errors:
        return _page(coach, typed), 422
    coach.talk_weekly(typed.week)
    outside = outside_in_words(coach)
    if wish != "save":
        page = _page(coach, typed, unsaved=outside or "Nothing that is booked lies outside them.")
        db.session.rollback()
        return page
    db.session.commit()
    flash(f"The hours are saved. {outside}", "good")
    return redirect(url_for(".show_coach", coach_id=coach_id), 303)


def _page(coach: Coach, typed: TypedWeek, unsaved: str = "") -> str:
    return render_template(
        "studio/coach_hours.html",
        coach=coach,
        typed=typed,
        unsaved=unsaved,
        odd=odd_days_ahead(coach, weekly=typed.week),
        free=None if typed.errors else FreeTimes.of(coach, request.values.get("kind", "")),
    )
