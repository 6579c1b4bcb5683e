"""Coaches in the studio: who they are, and what stands with them."""

from itertools import groupby
from operator import itemgetter

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.sql.base import ExecutableOption

from app.coaching.availability.hours import DAY_NAMES, in_words
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.reserved import ReservedTime
from app.coaching.booking.standing import lies_within, standing_with
from app.coaching.models import Consultation
from app.coaching.whereabouts import Whereabouts, lock_booked, tell_of_change
from app.extensions import db
from app.publishing import content_changed
from app.slugs import free_slug, slug_of
from app.studio.blueprint import bp
from app.studio.coach_forms import CoachForm
from app.studio.dates_forms import runs_of
from app.studio.free_times import FreeTimes
from app.studio.ordering import move
from app.studio.owner_clock import zone

A_COACH = "/coaches/<int(max=2147483647):coach_id>"
# What a new coach begins with, to be changed: weekday mornings.
FIRST_HOURS = [(weekday, 9 * 60, 12 * 60) for weekday in range(5)]


def wanted_coach(coach_id: int) -> Coach:
    """The coach of this number, or the page that says there is none."""
    return db.session.get(Coach, coach_id) or abort(404)


def wanted_coach_for_update(coach_id: int) -> Coach:
    return Coach.for_update(coach_id) or abort(404)


def all_coaches(*loaded: ExecutableOption) -> list[Coach]:
    return list(db.session.scalars(select(Coach).order_by(Coach.position, Coach.id).options(*loaded)))


def standing_of(coach: Coach) -> list[tuple[ReservedTime, Consultation, bool]]:
    """What is booked with the coach, or held, and still to come; and whether the hours as they are now hold it."""
    times = [(time, time.consultation) for time in standing_with(coach)]
    return [
        (time, consultation, lies_within(time, coach, coach.rules_for(consultation.kind)))
        for time, consultation in times
        if consultation
    ]


def outside_in_words(coach: Coach) -> str:
    """How much of what stands lies outside the coach's hours as they are now; empty where nothing does."""
    count = sum(not is_within for *_, is_within in standing_of(coach))
    if not count:
        return ""
    subject = "1 consultation lies" if count == 1 else f"{count} consultations lie"
    return f"{subject} outside these hours and will stand all the same, unless you move or cancel."


@bp.get("/coaches")
def list_coaches() -> ResponseReturnValue:
    return render_template("studio/coaches.html", coaches=all_coaches())


@bp.get("/coaches/new")
def begin_coach() -> ResponseReturnValue:
    # Rows know their defaults only once they are kept.
    columns = Coach.__table__.columns
    usual = {name: column.default.arg for name, column in columns.items() if column.default is not None}
    return render_template("studio/coach_new.html", form=CoachForm(formdata=None, **usual | {"time_zone": zone()}))


@bp.post("/coaches")
def create_coach() -> ResponseReturnValue:
    form = CoachForm()
    if not form.validate():
        return render_template("studio/coach_new.html", form=form), 422
    coaches = all_coaches()
    slug = free_slug(slug_of(form.name.data or "", 70, "coach"), [coach.slug for coach in coaches])
    coach = Coach(slug=slug, position=max((each.position for each in coaches), default=0) + 1)
    coach.weekly_hours = [
        WeeklyHours(weekday=weekday, start_minute=start, end_minute=end) for weekday, start, end in FIRST_HOURS
    ]
    form.fill(coach)
    db.session.add(coach)
    content_changed()
    db.session.commit()
    flash(f"{coach.name} can be booked on weekday mornings. Now say when, really.", "good")
    return redirect(url_for(".show_coach_hours", coach_id=coach.id), 303)


@bp.get(A_COACH)
def show_coach(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach(coach_id)
    week = [(DAY_NAMES[day], [in_words(*row[1:]) for row in rows]) for day, rows in groupby(coach.week, itemgetter(0))]
    dates = [run for run in runs_of(coach) if not run.is_over(coach)]
    free = FreeTimes.of(coach, request.args.get("kind", ""))
    return render_template(
        "studio/coach.html", coach=coach, week=week, standing=standing_of(coach), dates=dates, free=free
    )


@bp.get(f"{A_COACH}/settings")
def show_coach_settings(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach(coach_id)
    return _settings_page(coach, CoachForm(formdata=None, obj=coach))


@bp.post(f"{A_COACH}/settings")
def save_coach_settings(coach_id: int) -> ResponseReturnValue:
    form = CoachForm()
    if not form.validate():
        return _settings_page(wanted_coach(coach_id), form), 422
    lock_booked(coach_id)
    coach = wanted_coach_for_update(coach_id)
    before = Whereabouts.of(coach)
    form.fill(coach)
    told = "Mails tell all whose booked consultation it changes. " if tell_of_change(coach, before) else ""
    outside = outside_in_words(coach)
    db.session.commit()
    flash(f"Saved. {told}{outside}", "good")
    return redirect(url_for(".show_coach", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/position")
def move_coach(coach_id: int) -> ResponseReturnValue:
    move(all_coaches(), wanted_coach_for_update(coach_id), request.form.get("direction", ""))
    content_changed()
    db.session.commit()
    return redirect(url_for(".list_coaches"), 303)


@bp.post(f"{A_COACH}/activation")
def activate_coach(coach_id: int) -> ResponseReturnValue:
    _switch(coach_id, True)
    flash("Switched on. The free times are on offer again.", "good")
    return redirect(url_for(".show_coach", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/deactivation")
def deactivate_coach(coach_id: int) -> ResponseReturnValue:
    _switch(coach_id, False)
    flash("Switched off. Nothing new can be booked; what is booked or held stands.", "good")
    return redirect(url_for(".show_coach", coach_id=coach_id), 303)


def _switch(coach_id: int, on: bool) -> None:
    wanted_coach_for_update(coach_id).is_active = on
    content_changed()
    db.session.commit()


def _settings_page(coach: Coach, form: CoachForm) -> str:
    return render_template("studio/coach_settings.html", coach=coach, form=form)
