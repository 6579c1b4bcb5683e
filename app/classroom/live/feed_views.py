"""Where calendars fetch the live sessions of a learner. They cannot sign in: the address is the key."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from app.classroom.live.calendars import Feed, person_at

bp = Blueprint("learners_calendar", __name__, url_prefix="/learn/calendar")
FRESH_FOR_SECONDS = 300


@bp.get("/<token>.ics")
def show(token: str) -> ResponseReturnValue:
    feed = Feed(person_at(token) or abort(404))
    response = Response("", content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = f"private, max-age={FRESH_FOR_SECONDS}"
    response.set_etag(feed.etag, weak=True)
    if not request.if_none_match.contains_weak(feed.etag):  # Programs ask every few minutes; writing it takes long.
        response.set_data(feed.file)
    return response.make_conditional(request)
