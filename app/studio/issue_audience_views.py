"""Whom an issue is meant for, and how many that is."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db
from app.newsletter.issues.audience import Audience, AudienceError
from app.newsletter.issues.models import ChangedMeanwhile, Issue, WrongMoment
from app.studio.audience_forms import AudienceForm, side_in_words
from app.studio.blueprint import bp
from app.studio.issue_views import AN_ISSUE, SAVED_ELSEWHERE, wanted, wanted_for_update
from app.studio.listing import count_up_to
from app.studio.overview import COUNTED_UP_TO


@bp.get(f"{AN_ISSUE}/audience")
def show_audience(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    return _audience_page(issue, AudienceForm(issue.audience, formdata=None), issue.audience_mark)


@bp.post(f"{AN_ISSUE}/audience")
def save_audience(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    form = AudienceForm(issue.audience)
    try:
        issue.address(form.audience, _seen())
    except AudienceError as problem:
        return _audience_page(issue, form, _seen(), message=str(problem)), 422
    except WrongMoment as problem:
        return _audience_page(issue, form, _seen(), message=str(problem)), 409
    except ChangedMeanwhile:
        return _audience_page(issue, form, issue.audience_mark, message=SAVED_ELSEWHERE, saved=_saved(issue)), 409
    db.session.commit()
    flash("The audience is saved.", "good")
    return redirect(url_for(".show_schedule", issue_id=issue.id), 303)


@bp.post(f"{AN_ISSUE}/audience/count")
def count_audience(issue_id: int) -> ResponseReturnValue:
    """How many the chosen audience is: exactly if asked, else no further than is worth knowing while choosing."""
    issue = wanted(issue_id)
    form, exactly = AudienceForm(issue.audience), "exactly" in request.form
    try:
        count, status = _in_words(form.audience, exactly), 200
    except AudienceError as problem:
        count, status = str(problem), 422
    if request.accept_mimetypes.best == "application/json":
        return {"count": count}, status
    return _audience_page(issue, form, _seen(), count=count), status


def _seen() -> str:
    """The mark of the audience that was there when this form was opened."""
    return request.form.get("seen", "")


def _saved(issue: Issue) -> tuple[list[str], list[str]]:
    """What both sides were saved with, in words."""
    return side_in_words(issue.audience.include), side_in_words(issue.audience.exclude)


def _in_words(audience: Audience, exactly: bool) -> str:
    number = audience.count() if exactly else count_up_to(COUNTED_UP_TO, audience.select())
    if number >= COUNTED_UP_TO and not exactly:
        return f"{COUNTED_UP_TO:,} subscribers or more"
    return f"{number:,} subscriber{'' if number == 1 else 's'}"


def _audience_page(issue: Issue, form: AudienceForm, seen: str, **more: Any) -> str:
    return render_template("studio/issue_audience.html", issue=issue, form=form, seen=seen, **more)
