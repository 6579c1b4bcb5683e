from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.decorators import auth_required

from app.enrollment.enrollments import Enrollment

bp = Blueprint("classroom", __name__, url_prefix="/learn")


@bp.get("/")
@auth_required("session")
def show_classroom() -> ResponseReturnValue:
    enrollments = Enrollment.all_standing(current_user)
    if not enrollments:
        return render_template("classroom/not_enrolled.html"), 403
    cohort = enrollments[0].cohort
    return render_template("classroom/show.html", course=cohort.course, cohort=cohort, person=current_user)
