"""An issue on its way, and what came of it. Nothing here counts the ledger."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.clock import now
from app.extensions import db, enqueue_after_commit
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.tasks import send_issues
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.issue_views import AN_ISSUE, wanted, wanted_for_update
from app.studio.listing import Asked, Listing
from app.studio.schedule_forms import PauseForm
from app.studio.trouble_words import trouble_in_words

SOON = timedelta(minutes=1)
UNDER_WAY = ("scheduled", "sending")


class Progress(NamedTuple):
    """How far an issue has got: `per_second` and `left` are known while it goes, and nothing holds it up.

    It goes on at `held_until` when the rest have quiet hours, or had a letter of a sequence within a day.
    """

    decided: int
    per_second: float | None = None
    left: timedelta | None = None
    took: timedelta | None = None
    held_until: datetime | None = None

    @classmethod
    def of(cls, issue: Issue) -> "Progress":
        if issue.finished_at and issue.frozen_at:
            return cls(issue.decided, took=issue.finished_at - issue.frozen_at)
        if issue.state == "sending" and (next_due := Delivery.next_due(issue.id)) and next_due > now() + SOON:
            return cls(issue.decided, held_until=next_due)
        since_start = issue.sent + issue.failed - issue.decided_before
        seconds = (now() - issue.started_at).total_seconds() if issue.started_at else 0
        if issue.state != "sending" or issue.trouble or since_start <= 0 or seconds < 1:
            return cls(issue.decided)
        rate = since_start / seconds
        return cls(issue.decided, rate, timedelta(seconds=round(issue.waiting / rate)))


@bp.app_template_filter("span_in_words")
def span_in_words(span: timedelta) -> str:
    """Such as "about 2 hours 5 minutes", "3 minutes" or "less than a minute"."""
    minutes = round(span.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in ((hours, "hour"), (rest, "minute"))
             if number]  # fmt: skip
    return " ".join(parts) or "less than a minute"


@bp.get(f"{AN_ISSUE}/progress")
def show_progress(issue_id: int) -> ResponseReturnValue:
    return _progress_page(wanted(issue_id))


@bp.post(f"{AN_ISSUE}/pause")
def pause_issue(issue_id: int) -> ResponseReturnValue:
    issue, form = wanted_for_update(issue_id), PauseForm()
    if not form.validate():
        return _progress_page(issue, pause=form), 422
    return _done(issue, "It is paused. What is in hand goes out; nothing more.", issue.pause, form.reason.data)


@bp.post(f"{AN_ISSUE}/resumption")
def resume_issue(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    return _done(issue, "You resumed it.", issue.resume)


@bp.post(f"{AN_ISSUE}/retries")
def retry_failed(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    return _done(issue, "What failed is tried again.", issue.retry_failed)


@bp.get(f"{AN_ISSUE}/cancellation")
def confirm_cancellation(issue_id: int) -> ResponseReturnValue:
    return render_template("studio/issue_cancellation.html", issue=wanted(issue_id))


@bp.post(f"{AN_ISSUE}/cancellation")
def cancel_issue(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    return _done(issue, "It is cancelled. Nobody else gets it.", issue.cancel)


def _done(issue: Issue, words: str, verb: Any, *given: Any) -> ResponseReturnValue:
    verb(*given)
    if issue.state == "sending":
        enqueue_after_commit(send_issues)
    db.session.commit()
    flash(words, "good")
    return redirect(url_for(".show_progress", issue_id=issue.id), 303)


def _progress_page(issue: Issue, pause: PauseForm | None = None) -> str:
    failures = _failures(issue).page(Asked.by(request.args)) if issue.failed else None
    return render_template(
        "studio/issue_progress.html",
        issue=issue,
        progress=Progress.of(issue),
        trouble=trouble_in_words(issue.trouble),
        is_due=issue.scheduled_at is not None and issue.scheduled_at <= now(),
        is_under_way=issue.state in UNDER_WAY,
        pause=pause or PauseForm(formdata=None),
        failures=failures,
        people=_people_behind(failures.rows) if failures else {},
    )


def _failures(issue: Issue) -> Listing[Delivery]:
    failed = select(Delivery).where(Delivery.issue_id == issue.id, Delivery.failed_at.is_not(None))
    return Listing(rows=failed, number=Delivery.id, searched=(), states={})


def _people_behind(deliveries: list[Delivery]) -> dict[int, Person]:
    """To whom each was to go, by the number of the subscription."""
    numbers = [delivery.subscription_id for delivery in deliveries]
    found = select(Subscription.id, Person).join(Subscription.person).where(Subscription.id.in_(numbers))
    return {number: person for number, person in db.session.execute(found)}
