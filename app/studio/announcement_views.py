"""Letters to a whole cohort: written, looked at, and sent once."""

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field
from wtforms.validators import InputRequired, ValidationError

from app import markdown
from app.classroom.announcements import emails
from app.classroom.announcements.models import FIELDS, Announcement, ChangedSince
from app.classroom.announcements.tasks import post_announcements
from app.enrollment.cohorts import Cohort
from app.extensions import db, enqueue_after_commit
from app.followups import merge
from app.newsletter.checking.findings import cut
from app.people.forms import Form
from app.studio.blueprint import bp
from app.studio.letter_fields import line, text
from app.studio.seen_form import SeenForm

OF_A_COHORT = "/cohorts/<int(max=2147483647):cohort_id>/announcements"
AN_ANNOUNCEMENT = "/announcements/<int(max=2147483647):announcement_id>"


def filled_fields(_form: Form, field: Field) -> None:
    if unknown := merge.unknown_fields(field.data, FIELDS):
        offered = ", ".join(f"{{{name}}}" for name in FIELDS)
        raise ValidationError(f"There is no merge field {{{unknown[0]}}} in announcements. There are {offered}.")


def seen_in_classroom(_form: Form, field: Field) -> None:
    """Refuse pictures that the classroom, where the announcement stands too, would leave blank."""
    here = current_app.config["SITE_URL"] + "/"
    if elsewhere := [source for source in markdown.pictures_in(field.data) if not source.startswith(here)]:
        raise ValidationError(
            f"The picture “{cut(elsewhere[0])}” would not show in the classroom, which takes none from elsewhere. "
            "Lead to it instead: [words](https://…)."
        )


class AnnouncementForm(SeenForm):
    subject = line("Subject", InputRequired("Write a subject."), filled_fields)
    text = text("Text", InputRequired("Write something."), filled_fields, seen_in_classroom)


@bp.get(OF_A_COHORT)
def list_announcements(cohort_id: int) -> ResponseReturnValue:
    return _list(db.session.get(Cohort, cohort_id) or abort(404), AnnouncementForm(formdata=None))


@bp.post(OF_A_COHORT)
def write_announcement(cohort_id: int) -> ResponseReturnValue:
    cohort, form = db.session.get(Cohort, cohort_id) or abort(404), AnnouncementForm()
    if not form.validate():
        return _list(cohort, form), 422
    told = Announcement(cohort=cohort, subject=form.subject.data or "", text=form.text.data or "")
    db.session.add(told)
    db.session.commit()
    return redirect(url_for(".show_announcement", announcement_id=told.id), 303)


@bp.get(AN_ANNOUNCEMENT)
def show_announcement(announcement_id: int) -> ResponseReturnValue:
    told = db.session.get(Announcement, announcement_id) or abort(404)
    form = AnnouncementForm(formdata=None, obj=told)
    return _page(told, form)


@bp.post(AN_ANNOUNCEMENT)
def change_announcement(announcement_id: int) -> ResponseReturnValue:
    told = db.session.get(Announcement, announcement_id, with_for_update=True) or abort(404)
    form, saved = AnnouncementForm(), AnnouncementForm(formdata=None, obj=told)
    if told.sent_at:
        return _page(told, form), 409
    if kept := form.take_over(saved):
        flash(kept, "good")
    if not form.validate():
        return _page(told, form), 422
    if form.was_overtaken(saved):
        return _page(told, form), 409
    told.subject, told.text = form.subject.data or "", form.text.data or ""
    db.session.commit()
    return redirect(url_for(".show_announcement", announcement_id=told.id), 303)


@bp.post(f"{AN_ANNOUNCEMENT}/deletion")
def delete_announcement(announcement_id: int) -> ResponseReturnValue:
    told = db.session.get(Announcement, announcement_id, with_for_update=True) or abort(404)
    if told.sent_at:
        return _page(told, AnnouncementForm(formdata=None, obj=told)), 409
    cohort_id = told.cohort_id
    db.session.delete(told)
    db.session.commit()
    flash("The draft is deleted. Nobody got it.", "good")
    return redirect(url_for(".list_announcements", cohort_id=cohort_id), 303)


@bp.post(f"{AN_ANNOUNCEMENT}/sending")
def send_announcement(announcement_id: int) -> ResponseReturnValue:
    told = db.session.get(Announcement, announcement_id, with_for_update=True) or abort(404)
    try:
        is_new = told.send(request.form.get("seen", ""))
    except ChangedSince:
        return _page(told, AnnouncementForm(formdata=None, obj=told), has_changed=True), 409
    enqueue_after_commit(post_announcements)
    db.session.commit()
    flash("It is on its way." if is_new else "It was sent before, and is not sent again.", "good")
    return redirect(url_for(".show_announcement", announcement_id=announcement_id), 303)


def _list(cohort: Cohort, form: AnnouncementForm) -> str:
    told = Announcement.of_cohort(cohort)
    return render_template("studio/announcements.html", cohort=cohort, announcements=told, form=form, fields=FIELDS)


def _page(told: Announcement, form: AnnouncementForm, *, has_changed: bool = False) -> str:
    subject, words, _html = emails.preview(told)
    said = {"fields": FIELDS, "subject": subject, "words": words, "has_changed": has_changed}
    return render_template("studio/announcement.html", told=told, form=form, **said)
