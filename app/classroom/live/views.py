"""Live sessions in the classroom, on the learner's own clocks."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.classroom.blueprint import access, bp
from app.classroom.live import emails, tasks
from app.classroom.live.calendars import LearnersCalendar, address_of, sessions_of
from app.extensions import db
from app.people.forms import Form, ZoneField
from app.publishing import echoes_nothing

# The reminders are known once these are imported.
__all__ = ["bp", "emails", "tasks"]


class ClocksForm(Form):
    time_zone = ZoneField("Your time zone")


@bp.get("/sessions")
@echoes_nothing
def list_sessions() -> ResponseReturnValue:
    return _page(ClocksForm(formdata=None, time_zone=access().zone))


@bp.post("/time-zone")
def choose_time_zone() -> ResponseReturnValue:
    form = ClocksForm()
    if not form.validate():
        return _page(form), 422
    access().person.time_zone = form.time_zone.data
    db.session.commit()
    flash("Times are on the clocks you chose now.", "good")
    return redirect(url_for(".list_sessions"), 303)


@bp.post("/calendar-address")
def change_calendar_address() -> ResponseReturnValue:
    LearnersCalendar.change_address(access().person)
    db.session.commit()
    gone = "The one before is gone; programs that subscribed to it may keep what they fetched."
    flash(f"Your calendar has another address now. Subscribe to it anew. {gone}", "good")
    return redirect(url_for(".list_sessions", _anchor="calendar"), 303)


def _page(form: ClocksForm) -> str:
    sessions = sessions_of(access().person)
    return render_template(
        "classroom/sessions.html",
        access=access(),
        to_come=[session for session in sessions if not session.is_over],
        past=[session for session in sessions if session.is_over],
        calendar_url=address_of(access().person) if access().places else "",
        form=form,
    )
