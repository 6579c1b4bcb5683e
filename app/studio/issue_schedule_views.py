"""When an issue goes: checked, tried out, scheduled, or sent now."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user

from app.clock import now
from app.extensions import db, enqueue_after_commit
from app.followups import daily
from app.newsletter import emails
from app.newsletter.checking.preflight import ask_again, check
from app.newsletter.issues.models import Issue
from app.newsletter.tasks import send_issues
from app.people.addresses import normalize
from app.people.models import Person
from app.studio.audience_forms import side_in_words
from app.studio.blueprint import bp
from app.studio.issue_views import AN_ISSUE, wanted, wanted_for_update
from app.studio.owner_clock import on_my_clock
from app.studio.schedule_forms import ScheduleForm, SendForm, TestForm

MEND_FIRST = "This issue must not go out yet. What has to be mended stands under Check."


@bp.get(f"{AN_ISSUE}/schedule")
def show_schedule(issue_id: int) -> ResponseReturnValue:
    return _schedule_page(wanted(issue_id))


@bp.post(f"{AN_ISSUE}/schedule")
def schedule_issue(issue_id: int) -> ResponseReturnValue:
    issue, form = wanted_for_update(issue_id), ScheduleForm()
    if not form.validate() or form.instant is None:
        return _schedule_page(issue, schedule=form), 422
    current_user.time_zone = form.time_zone.data
    if _is_blocked(issue):
        return _schedule_page(issue, schedule=form, message=MEND_FIRST), 409
    issue.schedule(form.instant)
    db.session.commit()
    flash(f"Scheduled for {on_my_clock(form.instant)}.", "good")
    return redirect(url_for(".show_schedule", issue_id=issue.id), 303)


@bp.post(f"{AN_ISSUE}/schedule/cancellation")
def unschedule_issue(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    issue.unschedule()
    db.session.commit()
    flash("It is a draft again and goes to nobody.", "good")
    return redirect(url_for(".show_issue", issue_id=issue.id), 303)


@bp.post(f"{AN_ISSUE}/tests")
def send_test(issue_id: int) -> ResponseReturnValue:
    issue, form = wanted(issue_id), TestForm()
    if not form.validate():
        return _schedule_page(issue, test=form), 422
    chosen, owner = [normalize(address) for address in form.chosen], db.session.get_one(Person, current_user.id)
    for address in chosen:
        emails.test_of_issue(issue, address, owner)
    db.session.commit()
    flash(f"A test is on its way to {', '.join(chosen)}.", "good")
    return redirect(url_for(".show_schedule", issue_id=issue.id), 303)


@bp.post(f"{AN_ISSUE}/checks")
def check_again(issue_id: int) -> ResponseReturnValue:
    """The owner says that what was found outside, such as a dead link, is mended."""
    ask_again(wanted(issue_id))
    db.session.commit()
    return redirect(url_for(".show_schedule", issue_id=issue_id), 303)


@bp.get(f"{AN_ISSUE}/sending")
def show_sending(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    count = issue.audience.count()
    return _sending_page(issue, SendForm(formdata=None, shown=count), count)


@bp.post(f"{AN_ISSUE}/sending")
def send_now(issue_id: int) -> ResponseReturnValue:
    """Let it go at once, if whoever sends it knows to how many."""
    issue, form = wanted_for_update(issue_id), SendForm()
    count = issue.audience.count()
    if form.validate() and form.shown.data != count:
        message = f"It was {form.shown.data:,} when you opened this page, and is {count:,} now. Type the new number."
        form.show(count)
        return _sending_page(issue, form, count, message=message), 409
    if not form.errors and form.typed != str(count):
        form.count.errors = [f"That is not the number. It goes to {count:,}: type {count}."]
    if form.shown.errors:
        form.show(count)
    if form.errors:
        return _sending_page(issue, form, count), 422
    if not count or _is_blocked(issue):
        return _sending_page(issue, form, count, message=MEND_FIRST if count else ""), 409
    issue.schedule(now())
    enqueue_after_commit(send_issues)
    db.session.commit()
    return redirect(url_for(".show_progress", issue_id=issue.id), 303)


def _is_blocked(issue: Issue) -> bool:
    return any(finding.blocks for finding in check(issue))


def _schedule_page(issue: Issue, **more: Any) -> str:
    forms = {
        "schedule": ScheduleForm(formdata=None, time_zone=current_user.time_zone),
        "test": TestForm(formdata=None, addresses=current_user.email),
    }
    return render_template("studio/issue_schedule.html", issue=issue, **forms | _about(issue) | more)


def _sending_page(issue: Issue, form: SendForm, count: int, message: str = "") -> str:
    return render_template(
        "studio/issue_sending.html",
        issue=issue,
        form=form,
        count=count,
        message=message,
        before=Issue.last_gone_within(daily.A_DAY),
        **_about(issue),
    )


def _about(issue: Issue) -> dict[str, Any]:
    return {
        "findings": check(issue) if issue.is_draft else [],
        "included": side_in_words(issue.audience.include),
        "excluded": side_in_words(issue.audience.exclude),
    }
