"""Dates on which a coach talks at other hours, or not at all."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.availability.models import Coach
from app.extensions import db
from app.studio.blueprint import bp
from app.studio.coach_views import A_COACH, outside_in_words, wanted_coach, wanted_coach_for_update
from app.studio.dates_forms import DatesForm, Run, runs_of
from app.studio.free_times import FreeTimes
from app.studio.odd_days import odd_days_ahead

PAST_SHOWN = 20


@bp.get(f"{A_COACH}/dates")
def show_coach_dates(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach(coach_id)
    return _page(coach, DatesForm(coach, formdata=None))


@bp.post(f"{A_COACH}/dates")
def add_coach_dates(coach_id: int) -> ResponseReturnValue:
    """Add them, or only show what they would come to."""
    coach = wanted_coach_for_update(coach_id)
    form = DatesForm(coach)
    if not form.validate():
        return _page(coach, form), 422
    coach.differ_on(form.run.days, is_extra=form.run.is_extra)
    outside = outside_in_words(coach)
    if request.form.get("do") == "preview":
        page = _page(coach, form, unsaved=outside or "Nothing that is booked lies outside these hours.")
        db.session.rollback()
        return page
    db.session.commit()
    flash(f"Noted for {form.run.days_in_words}. {outside}", "good")
    return redirect(url_for(".show_coach_dates", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/dates/removal")
def remove_coach_dates(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach_for_update(coach_id)
    run = _run_sent()
    if run and coach.differ_no_more(run.days, is_extra=run.is_extra):
        outside = outside_in_words(coach)
        db.session.commit()
        flash(f"Taken back for {run.days_in_words}. {outside}", "good")
    else:
        flash("Those dates were changed meanwhile. Please look again.", "bad")
    return redirect(url_for(".show_coach_dates", coach_id=coach_id), 303)


def _run_sent() -> Run | None:
    """The run that a button of the list names."""
    try:
        first, last = (date.fromisoformat(request.form.get(name, "")) for name in ("first", "last"))
        start, end = (int(request.form.get(name, "")) for name in ("start", "end"))
    except ValueError:
        return None
    is_sensible = 0 <= (last - first).days < 10_000
    return Run(first, last, request.form.get("sort") == "extra", start, end) if is_sensible else None


def _page(coach: Coach, form: DatesForm, unsaved: str = "") -> str:
    runs = runs_of(coach)
    return render_template(
        "studio/coach_dates.html",
        coach=coach,
        form=form,
        unsaved=unsaved,
        ahead=[run for run in runs if not run.is_over(coach)],
        past=[run for run in runs if run.is_over(coach)][-PAST_SHOWN:],
        odd=odd_days_ahead(coach, dated=[row.hours for row in coach.date_overrides]),
        free=FreeTimes.of(coach, request.values.get("kind", ""), since=form.run.first if unsaved else date.min),
    )
