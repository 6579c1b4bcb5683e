"""What a letter to a department chair says; and the letter as plain text, for a mail."""

from typing import Any, NamedTuple

from app.enrollment.papers.wording import credit_of, hours_of, syllabus_of

CLOSING = "I would be glad to talk it over and to share what I learn. Thank you for considering it."
RECEIVED = [
    "An itemized receipt: attendee and payer apart, dates, hours, syllabus, amount paid",
    "A certificate of completion with the hours of the course, once its lessons are completed",
]


class Words(NamedTuple):
    """What the physician typed, and whether somebody else has paid for their seat. It stands in the letter and nowhere
    else.
    """

    name: str
    chair: str
    department: str
    why: str
    written_on: str
    is_paid_for: bool = False


def as_text(facts: dict[str, Any], words: Words, check_url: str) -> str:
    """The same letter to paste into a mail."""
    parts = [
        f"Dear {words.chair},",
        opening(facts, words),
        *words.why.splitlines(),
        "\n".join(f"{label}: {value}" for label, value in terms(facts, words) if value),
        *("\n".join([f"{title}:", *(f"- {line}" for line in lines)]) for title, lines in lists(facts)),
        CLOSING,
        f"The course, its dates, hours and price as they stand in this letter: {check_url}",
        f"Sincerely,\n\n{words.name}",
    ]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def opening(facts: dict[str, Any], words: Words) -> str:
    course = f"{facts['course']}, a course for physicians by {facts['provider']['name']}"
    asked = f"I am asking for your approval to take part in {course}"
    if words.is_paid_for:
        return f"{asked}. My seat is paid for already: I ask for the time, and not for the fee."
    return f"{asked}, and for support of the fee as our rules on professional development allow."


def terms(facts: dict[str, Any], words: Words) -> list[tuple[str, str]]:
    return [
        ("Course", facts["course"]),
        ("Dates", f"{facts['cohort']}: {facts['dates']}"),
        ("Hours", hours_of(facts)),
        ("Away from the clinic", time_away(facts)),
        ("Topics", syllabus_of(facts)),
        ("Fee", "My seat is paid for already" if words.is_paid_for else facts["fee"]),
        ("CME credit", credit_of(facts)),
        ("Course page", facts["course_url"]),
    ]


def time_away(facts: dict[str, Any]) -> str:
    if facts["sessions"]:
        return f"The live sessions only: {facts['sessions']}"
    return "" if facts["is_dated"] else "None at set hours: the course is taken at one's own pace"


def lists(facts: dict[str, Any]) -> list[tuple[str, list[str]]]:
    found = [
        ("What I would bring back to the department", facts["learn"]),
        ("What you would receive", RECEIVED),
    ]
    return [(title, lines) for title, lines in found if lines]
