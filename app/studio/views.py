from flask import render_template
from flask.typing import ResponseReturnValue

from app.studio import (
    answering_views,
    coach_calendar_views,
    coach_dates_views,
    coach_hours_views,
    coach_views,
    coaching_views,
    cohort_views,
    consultation_payment_views,
    enrollment_views,
    import_views,
    issue_audience_views,
    issue_cover_views,
    issue_preview_views,
    issue_progress_views,
    issue_schedule_views,
    issue_views,
    kind_views,
    newsletter_views,
    numbers_views,
    order_views,
    outbox_views,
    paper_views,
    people_views,
    personal_data_views,
    question_views,
    reconciliation_views,
    seat_views,
    sequence_step_views,
    sequence_views,
    suppression_views,
    waiting_views,
    waitlist_views,
    week_views,
)
from app.studio.blueprint import bp
from app.studio.overview import Overview

# The views of every room hang on `bp` once they are imported.
__all__ = [
    "answering_views",
    "bp",
    "coach_calendar_views",
    "coach_dates_views",
    "coach_hours_views",
    "coach_views",
    "coaching_views",
    "cohort_views",
    "consultation_payment_views",
    "enrollment_views",
    "import_views",
    "issue_audience_views",
    "issue_cover_views",
    "issue_preview_views",
    "issue_progress_views",
    "issue_schedule_views",
    "issue_views",
    "kind_views",
    "newsletter_views",
    "numbers_views",
    "order_views",
    "outbox_views",
    "paper_views",
    "people_views",
    "personal_data_views",
    "question_views",
    "reconciliation_views",
    "seat_views",
    "sequence_step_views",
    "sequence_views",
    "suppression_views",
    "waiting_views",
    "waitlist_views",
    "week_views",
]


@bp.get("/")
def show_dashboard() -> ResponseReturnValue:
    return render_template("studio/dashboard.html", overview=Overview.of_now())
