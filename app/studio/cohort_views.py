"""The course as it is sold, in the studio: its price and statements, and its cohorts."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError

from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.enrollment.waitlist.tasks import serve_waitlists
from app.extensions import came_first, db, enqueue_after_commit
from app.local_times import DEFAULT_ZONE
from app.studio.blueprint import bp
from app.studio.cohort_forms import NAME_TAKEN, CohortForm
from app.studio.course_forms import CourseForm

A_COHORT = "/cohorts/<int(max=2147483647):cohort_id>"


@bp.get("/cohorts")
def list_cohorts() -> ResponseReturnValue:
    return render_template("studio/cohorts.html", course=Course.current())


@bp.get("/cohorts/new")
def begin_cohort() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    zone = course.cohorts[-1].time_zone if course.cohorts else DEFAULT_ZONE
    form = CohortForm(course, formdata=None, time_zone=zone, sales_open=True)
    return render_template("studio/cohort.html", cohort=None, form=form, course=course)


@bp.post("/cohorts")
def create_cohort() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    form = CohortForm(course)
    if not form.validate():
        return render_template("studio/cohort.html", cohort=None, form=form, course=course), 422
    cohort = Cohort(course_id=course.id)
    form.fill(cohort)
    if not came_first(cohort):
        form.name.errors = [NAME_TAKEN]
        return render_template("studio/cohort.html", cohort=None, form=form, course=course), 409
    db.session.commit()
    flash(f"{cohort.name} is added{', and on sale' if cohort.is_on_sale else ''}.", "good")
    return redirect(url_for(".list_cohorts"), 303)


@bp.get(A_COHORT)
def show_cohort(cohort_id: int) -> ResponseReturnValue:
    cohort = db.session.get(Cohort, cohort_id) or abort(404)
    form = CohortForm.showing(cohort)
    return render_template("studio/cohort.html", cohort=cohort, form=form, course=cohort.course)


@bp.post(A_COHORT)
def save_cohort(cohort_id: int) -> ResponseReturnValue:
    # Locked, so that no seat is sold between counting those taken and saving how many there are.
    cohort = Cohort.for_update(cohort_id) or abort(404)
    form, saved = CohortForm(cohort.course, cohort), CohortForm.showing(cohort)
    if kept := form.take_over(saved):
        flash(kept, "good")
    if not form.validate():
        return render_template("studio/cohort.html", cohort=cohort, form=form, course=cohort.course), 422
    if form.was_overtaken(saved):
        return render_template("studio/cohort.html", cohort=cohort, form=form, course=cohort.course), 409
    before = (cohort.starts_on, cohort.ends_on, cohort.sessions)
    form.fill(cohort)
    try:
        db.session.flush()
    except IntegrityError:  # Another window gave the name to another cohort since it was looked for.
        db.session.rollback()
        form.name.errors = [NAME_TAKEN]
        return render_template("studio/cohort.html", cohort=cohort, form=form, course=cohort.course), 409
    enqueue_after_commit(serve_waitlists)  # There may be more seats, or no more sales.
    db.session.commit()
    flash("Saved. What is ordered already keeps its price.", "good")
    if cohort.seats_taken and before != (cohort.starts_on, cohort.ends_on, cohort.sessions):
        flash("Nobody has been told of the new dates. Write to those who have a seat.", "warning")
    return redirect(url_for(".list_cohorts"), 303)


@bp.get("/course")
def show_course() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    return render_template("studio/course.html", course=course, form=CourseForm.showing(course))


@bp.post("/course")
def save_course() -> ResponseReturnValue:
    course = Course.current() or abort(404)
    form, saved = CourseForm(), CourseForm.showing(course)
    if kept := form.take_over(saved):
        flash(kept, "good")
    if not form.validate():
        return render_template("studio/course.html", course=course, form=form), 422
    if form.was_overtaken(saved):
        return render_template("studio/course.html", course=course, form=form), 409
    form.fill(course)
    db.session.commit()
    flash("Saved. What is ordered already keeps its price.", "good")
    return redirect(url_for(".list_cohorts"), 303)
