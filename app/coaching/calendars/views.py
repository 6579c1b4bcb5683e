from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.coaching.blueprint import bp
from app.coaching.calendars.coachs_calendar import CoachsCalendar, coach_at
from app.coaching.calendars.entries import downloaded
from app.coaching.private_links import consultation_of

FILE_NAME = "invite.ics"  # As in mail: a list of downloads is seen by many.
FRESH_FOR_SECONDS = 300


@bp.get("/consultations/<token>/calendar.ics")
def show_calendar_file(token: str) -> ResponseReturnValue:
    consultation = consultation_of(token)
    if not consultation.booked_at:  # Its page says what it waits for, or that it is over.
        return redirect(url_for(".show_consultation", token=token))
    response = _file(downloaded(consultation))
    response.headers["Content-Disposition"] = f"attachment; filename={FILE_NAME}"
    return response


@bp.get("/calendars/<token>.ics")
def show_coachs_calendar(token: str) -> ResponseReturnValue:
    calendar = CoachsCalendar(coach_at(token) or abort(404))
    response = _file("")
    response.set_etag(calendar.etag, weak=True)
    response.headers["Cache-Control"] = f"private, max-age={FRESH_FOR_SECONDS}"
    if not request.if_none_match.contains_weak(calendar.etag):  # Programs ask every few minutes; writing it takes long.
        response.set_data(calendar.file)
    return response.make_conditional(request)


def _file(text: str) -> Response:
    response = Response(text, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response.headers["X-Robots-Tag"] = "noindex"
    return response
