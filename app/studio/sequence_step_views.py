"""The letters of a sequence: writing, moving and removing them, and how each will look."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db
from app.followups import Letter, Sequence
from app.followups.emails import preview_of_step
from app.followups.merge import fields_after
from app.followups.models import MOST_STEPS, ChangedMeanwhile, NoSuchLetter
from app.studio.blueprint import bp
from app.studio.mail_previews import shown
from app.studio.sequence_forms import StepForm
from app.studio.sequence_views import A_SEQUENCE, wanted, wanted_for_update

A_STEP = f"{A_SEQUENCE}/steps/<step_slug>"
ELSEWHERE = "This sequence was changed in another window meanwhile."


@bp.get(f"{A_SEQUENCE}/steps")
def begin_step(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted(sequence_id)
    return _page(sequence, StepForm(sequence, formdata=None), None)


@bp.post(f"{A_SEQUENCE}/steps")
def add_step(sequence_id: int) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    form = StepForm(sequence)
    if not form.validate():
        return _page(sequence, form, None), 422
    if len(sequence.steps) >= MOST_STEPS:
        return _page(sequence, form, None, message=f"A sequence holds at most {MOST_STEPS} letters."), 422
    sequence.add(**form.texts)
    db.session.commit()
    flash("The letter is added. It reaches everybody who enters from now on.", "good")
    return redirect(url_for(".show_sequence", sequence_id=sequence_id), 303)


@bp.get(A_STEP)
def show_step(sequence_id: int, step_slug: str) -> ResponseReturnValue:
    sequence = wanted(sequence_id)
    letter = _letter(sequence, step_slug)
    days, hours = divmod(letter.delay_hours, 24)
    texts = {"subject": letter.subject, "preview": letter.preview, "body": letter.body}
    form = StepForm(sequence, formdata=None, version=str(sequence.version), days=days, hours=hours, **texts)
    return _page(sequence, form, letter)


@bp.post(A_STEP)
def save_step(sequence_id: int, step_slug: str) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    form = StepForm(sequence)
    try:
        letter = sequence.letter(step_slug)
        if not form.validate():
            return _page(sequence, form, letter), 422
        sequence.must_be_at(form.version_read)
        sequence.edit(step_slug, **form.texts)
    except NoSuchLetter:
        message = "This letter was removed in another window meanwhile. What you typed is below: save it as a new one."
        return _page(sequence, form, None, message=message), 409
    except ChangedMeanwhile:
        return _page(sequence, form, letter, message=f"{ELSEWHERE} What you typed is below: save it once more."), 409
    db.session.commit()
    flash("Saved. It reaches everybody who enters from now on.", "good")
    return redirect(url_for(".show_step", sequence_id=sequence_id, step_slug=step_slug), 303)


@bp.post(f"{A_STEP}/position")
def move_step(sequence_id: int, step_slug: str) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    try:
        sequence.must_be_at(StepForm(sequence).version_read)
        sequence.move(step_slug, -1 if request.form.get("direction") == "up" else 1)
        db.session.commit()
    except (ChangedMeanwhile, NoSuchLetter):
        flash(f"{ELSEWHERE} Nothing was moved: please look again.", "bad")
    return redirect(url_for(".show_sequence", sequence_id=sequence_id), 303)


@bp.post(f"{A_STEP}/removal")
def remove_step(sequence_id: int, step_slug: str) -> ResponseReturnValue:
    sequence = wanted_for_update(sequence_id)
    try:
        sequence.must_be_at(StepForm(sequence).version_read)
        sequence.remove(step_slug)
        db.session.commit()
        flash("The letter is removed. Whoever is on the way still gets it.", "good")
    except (ChangedMeanwhile, NoSuchLetter):
        flash(f"{ELSEWHERE} Nothing was removed: please look again.", "bad")
    return redirect(url_for(".show_sequence", sequence_id=sequence_id), 303)


@bp.get(f"{A_STEP}/preview")
def preview_step(sequence_id: int, step_slug: str) -> ResponseReturnValue:
    sequence = wanted(sequence_id)
    return _preview(_letter(sequence, step_slug), sequence.purpose)


@bp.post(f"{A_SEQUENCE}/preview")
def preview_typed_step(sequence_id: int) -> ResponseReturnValue:
    """What was typed, as it would look; nothing of it is kept."""
    sequence = wanted(sequence_id)
    return _preview(Letter(slug="", position=0, **StepForm(sequence).texts), sequence.purpose)


def _preview(letter: Letter, purpose: str) -> ResponseReturnValue:
    return shown(*preview_of_step(letter, purpose), request.args.get("view"))


def _letter(sequence: Sequence, step_slug: str) -> Letter:
    try:
        return sequence.letter(step_slug)
    except NoSuchLetter:
        abort(404)


def _page(sequence: Sequence, form: StepForm, letter: Letter | None, message: str = "") -> str:
    """The form for `letter`, or for a new one. Whatever was typed is kept for the next try."""
    form.version.data = str(sequence.version)
    fields = fields_after(sequence.starts_on)
    return render_template(
        "studio/sequence_step.html", sequence=sequence, form=form, letter=letter, fields=fields, message=message
    )
