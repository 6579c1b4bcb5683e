from app import outbox
from app.followups import merge
from app.followups.leaving import list_headers, preferences_url, unsubscribe_url
from app.followups.models import SequenceRun, SequenceStep


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
        preferences_url=preferences_url(run.person),
        unsubscribe_url=unsubscribe_url(run.person),
    )
