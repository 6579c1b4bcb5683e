"""What papers and their check page say in the same words."""

from datetime import date
from typing import Any

from app.enrollment.models import NO_CREDIT
from app.payments.wording import day, money

IN_FULL = "The address at the foot of this page shows the attendee's name in full."


def written_day(iso: str) -> str:
    """2027-03-02 as March 2, 2027."""
    return day(date.fromisoformat(iso)) if iso else ""


def amount(facts: dict[str, Any], key: str) -> str:
    return money(facts[key], facts["currency"])


def hours_of(facts: dict[str, Any]) -> str:
    """Of live sessions and coaching together, as the course page counts them; who came to them nobody notes.

    At one's own pace, of the lessons.
    """
    is_certificate = "completed_on" in facts
    if facts["minutes"]:
        attendance = "; attendance is not recorded" if is_certificate else ""
        return f"{_hours(facts['minutes'] / 60)} of live sessions and coaching, as planned{attendance}"
    if lesson_minutes := facts.get("lesson_minutes"):  # Papers from before they were stated lack them.
        hours, spent = _hours(round(lesson_minutes / 60, 1) or 0.1), "; time spent is not recorded"
        return f"About {hours} of lessons, as planned{spent if is_certificate else ''}"
    return ""


def _hours(number: float) -> str:
    return f"{number:g} hour{'' if number == 1 else 's'}"


def credit_of(facts: dict[str, Any]) -> str:
    """Whether there is any credit. A course that says nothing has none: silence must not be read as a yes."""
    return facts["credit"] or NO_CREDIT


def syllabus_of(facts: dict[str, Any]) -> str:
    return "; ".join(facts["syllabus"])
