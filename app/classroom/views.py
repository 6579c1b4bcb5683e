"""The classroom's first page, and its search. The other views are imported so that they are there,
as are what a department may read and what is held of a person."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.classroom import file_views, for_departments, lesson_views, moving_views, records, writing_views
from app.classroom.announcements import views as announcements
from app.classroom.blueprint import access, bp
from app.classroom.certifying import tasks as certifying
from app.classroom.live import views as live
from app.classroom.live.calendars import sessions_of
from app.classroom.outline import Outline
from app.classroom.progress import CourseCompletion
from app.classroom.search import find
from app.enrollment.papers.models import CERTIFICATE, Paper
from app.hub.search import LONGEST_QUERY
from app.publishing import echoes_nothing

__all__ = [
    "announcements",
    "bp",
    "certifying",
    "file_views",
    "for_departments",
    "lesson_views",
    "live",
    "moving_views",
    "records",
    "writing_views",
]


@bp.get("/")
@echoes_nothing
def show_classroom() -> ResponseReturnValue:
    allowed = access()
    to_come = (session for session in sessions_of(allowed.person) if not session.is_over and not session.cancelled_at)
    return render_template(
        "classroom/show.html",
        access=allowed,
        outline=Outline.of(allowed),
        next_session=next(to_come, None),
        completion=CourseCompletion.of(allowed.person, allowed.course),
        has_certificate=any(paper.kind == CERTIFICATE for paper in Paper.of_person(allowed.person)),
    )


@bp.get("/search")
def search() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()[:LONGEST_QUERY]
    found = find(access(), query) if query else []
    return render_template("classroom/search.html", query=query, results=found)
