from flask import render_template
from flask.typing import ResponseReturnValue

from app.classroom.announcements import tasks
from app.classroom.announcements.models import Announcement
from app.classroom.blueprint import access, bp
from app.publishing import echoes_nothing

# The sweep is known once this is imported.
__all__ = ["bp", "tasks"]


@bp.get("/announcements")
@echoes_nothing
def list_announcements() -> ResponseReturnValue:
    told = [(each, each.read_by(access().person)) for each in Announcement.told_to(access().person)]
    return render_template("classroom/announcements.html", access=access(), announcements=told)
