from app import outbox
from app.followups import merge
from app.followups.leaving import list_headers, preferences_url, unsubscribe_url
from app.followups.models import SequenceStep
from app.followups.runs import SequenceRun

WHY = {
    "newsletter": "You get this letter because you subscribed to our newsletter.",
    "coaching": "You get this letter because you asked us for a coaching consultation.",
    "course": "You get this letter because you enrolled in our course, or began to.",
}


def step(run: SequenceRun, step: SequenceStep) -> None:
    values = merge.values_of(run)
    outbox.post(
        to=run.person,
        template="followups/step",
        headers=list_headers(run.person),
        subject=merge.fill(step.subject, values),
        preview=merge.fill(step.preview, values),
        text=merge.fill_plain(step.body, values),
        html=merge.fill_html(step.body, values),
        why=WHY[run.sequence.purpose],
        preferences_url=preferences_url(run.person),
        unsubscribe_url=unsubscribe_url(run.person),
    )
