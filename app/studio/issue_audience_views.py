"""Whom an issue is meant for, and how many that is."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db
from app.newsletter.issues.audience import Audience, AudienceError
from app.newsletter.issues.models import Issue, WrongMoment
from app.studio.audience_forms import AudienceForm
from app.studio.blueprint import bp
from app.studio.issue_views import AN_ISSUE, wanted, wanted_for_update
from app.studio.listing import count_up_to
from app.studio.overview import COUNTED_UP_TO


@bp.get(f"{AN_ISSUE}/audience")
def show_audience(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    return _audience_page(issue, AudienceForm(issue.audience, formdata=None))


@bp.post(f"{AN_ISSUE}/audience")
def save_audience(issue_id: int) -> ResponseReturnValue:
    issue = wanted_for_update(issue_id)
    form = AudienceForm(issue.audience)
    try:
        issue.address(form.audience)
    except AudienceError as problem:
        return _audience_page(issue, form, message=str(problem)), 422
    except WrongMoment as problem:
        return _audience_page(issue, form, message=str(problem)), 409
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
    return _audience_page(issue, form, count=count), status


def _in_words(audience: Audience, exactly: bool) -> str:
    number = audience.count() if exactly else count_up_to(COUNTED_UP_TO, audience.select())
    if number >= COUNTED_UP_TO and not exactly:
        return f"{COUNTED_UP_TO:,} subscribers or more"
    return f"{number:,} subscriber{'' if number == 1 else 's'}"


def _audience_page(issue: Issue, form: AudienceForm, message: str = "", count: str = "") -> str:
    return render_template("studio/issue_audience.html", issue=issue, form=form, message=message, count=count)
