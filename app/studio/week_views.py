from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.coaching.availability.models import Coach
from app.studio.blueprint import bp
from app.studio.coach_views import all_coaches
from app.studio.coaching_views import chosen_coach
from app.studio.owner_clock import zone
from app.studio.week import Week, monday_of


@bp.get("/consultations/week")
def show_week() -> ResponseReturnValue:
    coaches = all_coaches(*Coach.with_hours())
    coach = chosen_coach(coaches)
    shown = [coach] if coach else coaches
    week = Week.read(monday_of(request.args.get("of", ""), zone()), shown, zone())
    return render_template("studio/week.html", week=week, coaches=coaches, coach=coach)
