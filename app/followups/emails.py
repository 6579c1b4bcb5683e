from typing import Any

from app import outbox
from app.followups import merge
from app.followups.leaving import list_headers, preferences_url, unsubscribe_url
from app.followups.models import Letter, SequenceStep
from app.followups.runs import SequenceRun
from app.outbox.posting import rendered
from app.urls import absolute_url

WHY = {
    "newsletter": "You get this letter because you subscribed to our newsletter.",
    "coaching": "You get this letter because you asked us for a coaching consultation.",
    "course": "You get this letter because you enrolled in our course, or began to.",
}
TEMPLATE = "followups/step"


def step(run: SequenceRun, step: SequenceStep) -> None:
    outbox.post(
        to=run.person,
        template=TEMPLATE,
        headers=list_headers(run.person),
        expires_at=run.ends_at,
        preferences_url=preferences_url(run.person),
        unsubscribe_url=unsubscribe_url(run.person),
        **_filled(step.letter, merge.values_of(run), run.sequence.purpose),
    )


def preview_of_step(letter: Letter, purpose: str) -> tuple[str, str, str]:
    """Subject, text and HTML of `letter` as it would reach somebody, with an example for each merge field."""
    nowhere = absolute_url("newsletter.show_newsletter")
    links = {"preferences_url": nowhere, "unsubscribe_url": nowhere}
    return rendered(TEMPLATE, **links, **_filled(letter, merge.example_of, purpose))


def _filled(letter: Letter, values: merge.Values, purpose: str) -> dict[str, Any]:
    return {
        "subject": merge.fill(letter.subject, values),
        "preview": merge.fill(letter.preview, values),
        "text": merge.fill_plain(letter.body, values),
        "html": merge.fill_html(letter.body, values),
        "why": WHY[purpose],
    }
