"""When and where a cohort meets: added, changed and called off by the owner."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.classroom.live.tasks import tell_of_sessions
from app.classroom.live.telling import SessionNews
from app.enrollment.cohorts import Cohort
from app.enrollment.live_sessions import LiveSession
from app.extensions import db, enqueue_after_commit
from app.studio.blueprint import bp
from app.studio.session_forms import SessionForm

OF_A_COHORT = "/cohorts/<int(max=2147483647):cohort_id>/sessions"
A_SESSION = "/sessions/<int(max=2147483647):session_id>"


@bp.get(OF_A_COHORT)
def list_sessions(cohort_id: int) -> ResponseReturnValue:
    cohort = db.session.get(Cohort, cohort_id) or abort(404)
    return _list(SessionForm(cohort, formdata=None, minutes=90))


@bp.post(OF_A_COHORT)
def add_session(cohort_id: int) -> ResponseReturnValue:
    cohort = Cohort.for_update(cohort_id) or abort(404)  # So that no two of one title are added at once.
    form = SessionForm(cohort)
    if not form.validate():
        return _list(form), 422
    cohort.live_sessions.append(LiveSession(**form.values))
    db.session.commit()
    flash(f"{form.title.data} is added. It stands in the classroom now.", "good")
    return _to_list(cohort_id)


@bp.get(A_SESSION)
def show_session(session_id: int) -> ResponseReturnValue:
    return _page(SessionForm.showing(db.session.get(LiveSession, session_id) or abort(404)))


@bp.post(A_SESSION)
def change_session(session_id: int) -> ResponseReturnValue:
    session = _locked(session_id)
    form, saved = SessionForm(session.cohort, session), SessionForm.showing(session)
    if kept := form.take_over(saved):
        flash(kept, "good")
    if not form.validate():
        return _page(form), 422
    if form.was_overtaken(saved):
        return _page(form), 409
    is_changed = session.change(**form.values)
    flash(f"Saved. {_told_of(session)}" if is_changed else "Nothing was changed.", "good")
    db.session.commit()
    return _to_list(session.cohort_id)


@bp.post(f"{A_SESSION}/cancellation")
def cancel_session(session_id: int) -> ResponseReturnValue:
    session = _locked(session_id)
    session.cancel()
    flash(f"{session.title} is cancelled. {_told_of(session)}", "good")
    db.session.commit()
    return _to_list(session.cohort_id)


def _told_of(session: LiveSession) -> str:
    """Who learns of a change, which then is on its way to them."""
    enqueue_after_commit(tell_of_sessions)
    number = SessionNews.readers(session)
    people = "1 person is" if number == 1 else f"{number} people are" if number else "Nobody is"
    return f"Calendars that learners have subscribed to follow. {people} e-mailed about it."


def _locked(session_id: int) -> LiveSession:
    session = db.session.get(LiveSession, session_id) or abort(404)
    Cohort.for_update(session.cohort_id)
    return db.session.get(LiveSession, session_id, populate_existing=True) or abort(404)


def _to_list(cohort_id: int) -> ResponseReturnValue:
    return redirect(url_for(".list_sessions", cohort_id=cohort_id), 303)


def _list(form: SessionForm) -> str:
    return render_template("studio/sessions.html", cohort=form.cohort, form=form)


def _page(form: SessionForm) -> str:
    return render_template("studio/session.html", session=form.session, form=form)
