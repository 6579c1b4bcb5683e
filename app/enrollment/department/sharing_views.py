"""Whoever claimed a seat says whether their department may read how far they are, and may take it back any time."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.decorators import auth_required

from app.enrollment.blueprint import bp
from app.enrollment.enrollments import Enrollment
from app.extensions import db


@bp.post("/learn/places/<int(max=2147483647):enrollment_id>/sharing")
@auth_required("session")
def share_progress(enrollment_id: int) -> ResponseReturnValue:
    place = db.session.get(Enrollment, enrollment_id)
    if place is None or place.person_id != current_user.id or not place.order.is_for_department:
        abort(404)
    place.share_progress(request.form.get("shared") == "y")
    db.session.commit()
    return redirect(url_for("classroom.show_classroom"), 303)
