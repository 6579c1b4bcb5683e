"""The picture an issue stands under."""

from typing import cast

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from app.extensions import csrf, db
from app.newsletter.issues.models import ChangedMeanwhile, Issue
from app.newsletter.issues.pictures import LARGEST_BYTES, PATH, Cover, Picture, PictureError
from app.publishing import reads_file_itself, refuse_files
from app.studio.blueprint import bp
from app.studio.issue_forms import CoverForm
from app.studio.issue_views import AN_ISSUE, SAVED_ELSEWHERE, wanted, wanted_for_update

ALT_TEXT_IS_MISSING = "Say in a few words what the picture shows, for those who do not see it."


@bp.get(f"{AN_ISSUE}/cover")
def show_cover(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    return _cover_page(issue, CoverForm(formdata=None, alt=issue.cover_alt, seen=issue.cover_mark))


@bp.post(f"{AN_ISSUE}/cover")
@csrf.exempt
@reads_file_itself(LARGEST_BYTES)
def save_cover(issue_id: int) -> ResponseReturnValue:
    csrf.protect()  # Not before this view, where the owner is known: it reads all that is sent.
    refuse_files(but="picture")
    form, sent = CoverForm(), ""
    form.validate()
    try:
        # Before anything is locked: reading what is sent and making it smaller take their time.
        sent = "" if "remove" in request.form else _taken(form)
    except PictureError as problem:
        form.picture.errors = [str(problem)]
    issue = wanted_for_update(issue_id)
    cover = "" if "remove" in request.form or form.picture.errors else sent or issue.cover
    if cover and not form.alt.data:
        form.alt.errors = [ALT_TEXT_IS_MISSING]
    if form.errors:
        return _not_saved(issue, form, sent), 422
    try:
        issue.wear(cover, (form.alt.data or "") if cover else "", form.seen.data or "")
    except ChangedMeanwhile:
        form.seen.data = issue.cover_mark
        return _not_saved(issue, form, sent, message=SAVED_ELSEWHERE), 409
    db.session.commit()
    flash("The cover is saved." if cover else "The issue has no cover now.", "good")
    return redirect(url_for(".show_issue", issue_id=issue.id), 303)


def _taken(form: CoverForm) -> str:
    """The path of the picture that was sent, now or before; empty when none was. Raises PictureError."""
    if sent := cast(FileStorage | None, form.picture.data):
        return Picture.taken_from(sent.stream.read(LARGEST_BYTES + 1)).path
    before = form.sent.data or ""
    return before if before.startswith(PATH) and Cover.at(before) else ""


def _not_saved(issue: Issue, form: CoverForm, sent: str, message: str = "") -> str:
    """The form again, with the picture that was sent kept for when it is sent once more."""
    form.sent.data = sent
    page = _cover_page(issue, form, message=message)
    db.session.commit()
    return page


def _cover_page(issue: Issue, form: CoverForm, message: str = "") -> str:
    return render_template(
        "studio/issue_cover.html",
        issue=issue,
        form=form,
        cover=Cover.at(issue.cover),
        sent=Cover.at(form.sent.data or ""),
        message=message,
    )
