"""Issues in the studio: all of them, and writing one."""

from email.utils import parseaddr
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import defer
from werkzeug.exceptions import Conflict

from app.extensions import csrf, db
from app.newsletter.issues.cards import SHELVES
from app.newsletter.issues.composing import FIELDS
from app.newsletter.issues.drafting import copy_of, new_draft, rewrite
from app.newsletter.issues.models import ChangedMeanwhile, Issue, WrongMoment
from app.newsletter.issues.pictures import Cover
from app.publishing import reads_file_itself, refuse_files
from app.studio.blueprint import bp
from app.studio.issue_forms import IssueForm, NewIssueForm
from app.studio.listing import Asked, Listing, by_first_moment
from app.studio.owner_clock import time_on_my_clock

ISSUES = Listing(
    rows=select(Issue).options(defer(Issue.body)),
    number=Issue.id,
    searched=(Issue.title, Issue.subject),
    states=by_first_moment(
        {
            "cancelled": Issue.cancelled_at,
            "sent": Issue.finished_at,
            "paused": Issue.paused_at,
            "sending": Issue.frozen_at,
            "scheduled": Issue.scheduled_at,
        },
        "draft",
    ),
)
AN_ISSUE = "/issues/<int(max=2147483647):issue_id>"
# Far more than a letter may have: what is too long to send is given back to whoever typed it, not turned away unread.
LARGEST_FORM = 2 * 1024 * 1024
SAVED_ELSEWHERE = "This issue was saved from another window meanwhile."


def wanted(issue_id: int) -> Issue:
    """The issue of this number, or the page that says there is none."""
    return db.session.get(Issue, issue_id) or abort(404)


def wanted_for_update(issue_id: int) -> Issue:
    return Issue.for_update(issue_id) or abort(404)


@bp.errorhandler(WrongMoment)
def refuse_at_the_wrong_moment(problem: WrongMoment) -> ResponseReturnValue:
    """What an issue cannot do in its state, for the views that have nothing of their own to say of it."""
    return current_app.handle_http_exception(Conflict(str(problem)))


@bp.get("/issues")
def list_issues() -> ResponseReturnValue:
    return render_template("studio/issues.html", page=ISSUES.page(Asked.by(request.args)))


@bp.get("/issues/new")
def begin_issue() -> ResponseReturnValue:
    return render_template("studio/issue_new.html", form=NewIssueForm())


@bp.post("/issues")
def create_issue() -> ResponseReturnValue:
    form = NewIssueForm()
    if not form.validate():
        return render_template("studio/issue_new.html", form=form), 422
    title = form.title.data or ""
    issue = new_draft(title, subject=title)
    db.session.commit()
    return redirect(url_for(".show_issue", issue_id=issue.id), 303)


@bp.get(AN_ISSUE)
def show_issue(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    if issue.is_draft:
        return _writing_page(issue, IssueForm(formdata=None, obj=issue))
    if issue.state == "scheduled":
        return redirect(url_for(".show_schedule", issue_id=issue.id), 303)
    return redirect(url_for(".show_progress", issue_id=issue.id), 303)


@bp.post(AN_ISSUE)
@csrf.exempt
@reads_file_itself(LARGEST_FORM)
def save_issue(issue_id: int) -> ResponseReturnValue:
    csrf.protect()  # Not before this view, where the owner is known: it reads all that is sent.
    refuse_files()
    issue, form = wanted_for_update(issue_id), IssueForm()
    if not form.validate():
        return _not_saved(issue, form, " ".join(next(iter(form.errors.values()))), 422)
    try:
        rewrite(issue, form.revision.data or 0, **form.texts)
    except WrongMoment as problem:
        return _not_saved(issue, form, f"{problem} What you typed is in the form below: copy it from there.", 409)
    except ChangedMeanwhile:
        form.follow(issue.revision)
        return _not_saved(issue, form, SAVED_ELSEWHERE, 409, _differences(issue, form))
    db.session.commit()
    if _is_asked_by_script():
        return {"saved": time_on_my_clock(issue.updated_at), "marks": {"revision": issue.revision}}
    flash("Saved.", "good")
    return redirect(url_for(".show_issue", issue_id=issue.id), 303)


@bp.post(f"{AN_ISSUE}/copies")
def copy_issue(issue_id: int) -> ResponseReturnValue:
    copy = copy_of(wanted(issue_id))
    db.session.commit()
    flash("This is the copy. What it was made from stays as it is.", "good")
    return redirect(url_for(".show_issue", issue_id=copy.id), 303)


@bp.get(f"{AN_ISSUE}/deletion")
def confirm_deletion(issue_id: int) -> ResponseReturnValue:
    return render_template("studio/issue_deletion.html", issue=wanted(issue_id))


@bp.post(f"{AN_ISSUE}/deletion")
def delete_issue(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    issue.discard()
    db.session.commit()
    flash("The draft is deleted.", "good")
    return redirect(url_for(".list_issues"), 303)


def _is_asked_by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _not_saved(
    issue: Issue, form: IssueForm, message: str, status: int, saved: dict[str, Any] | None = None
) -> ResponseReturnValue:
    if _is_asked_by_script():
        message += "" if saved is None else " Press Save to see both."
        return {"message": message, "errors": form.errors}, status
    # A page about errors of fields lists them itself.
    page = _writing_page(issue, form, message="" if form.errors else message, saved=saved)
    return page, status


def _differences(issue: Issue, form: IssueForm) -> dict[str, Any]:
    """What is saved, by label, where something else was typed."""
    return {form[name].label.text: getattr(issue, name) for name, typed in form.texts.items()
            if getattr(issue, name) != typed}  # fmt: skip


def _writing_page(issue: Issue, form: IssueForm, **more: Any) -> str:
    return render_template(
        "studio/issue_write.html",
        issue=issue,
        form=form,
        cover=Cover.at(issue.cover),
        fields=sorted(FIELDS, key=lambda field: (field != "first_name", field)),
        kinds=list(SHELVES),
        largest=LARGEST_FORM,
        sender=parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[0],
        **more,
    )
