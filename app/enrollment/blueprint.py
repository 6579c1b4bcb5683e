from flask import Blueprint

from app.enrollment.models import Course

bp = Blueprint("enrollment", __name__)
bp.add_app_template_global(Course.current, "current_course")
