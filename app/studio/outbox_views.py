from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer

from app.extensions import db, enqueue_after_commit
from app.outbox import Email
from app.outbox.models import WITHDRAWN_FOR
from app.outbox.tasks import deliver_due
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

# A mail is shown as it looks, but to the browser it is nobody's page: no script, no form, no link that leads anywhere.
OF_A_MAIL = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"

_undecided = Email.sent_at.is_(None) & Email.failed_at.is_(None)
STATES: dict[str, ColumnElement[bool]] = {
    "waiting": _undecided & Email.claimed_by.is_(None) & (Email.attempts == 0),
    "retrying": _undecided & Email.claimed_by.is_(None) & (Email.attempts > 0),
    "sending": _undecided & Email.claimed_by.is_not(None),
    "failed": Email.failed_at.is_not(None) & Email.last_answer.not_in(WITHDRAWN_FOR),
    "withdrawn": Email.failed_at.is_not(None) & Email.last_answer.in_(WITHDRAWN_FOR),
    "sent": Email.sent_at.is_not(None),
}
EMAILS = Listing(
    rows=select(Email).options(defer(Email.body), defer(Email.html), defer(Email.headers), defer(Email.calendar)),
    number=Email.id,
    searched=(Email.to_address, Email.to_name, Email.subject),
    states=STATES,
)


@bp.get("/outbox")
def list_emails() -> ResponseReturnValue:
    page = EMAILS.page(Asked.by(request.args))
    return render_template("studio/outbox.html", page=page, has_server=bool(current_app.config["MAIL_SERVER"]))


@bp.get("/outbox/<int(max=2147483647):email_id>")
def show_email(email_id: int) -> ResponseReturnValue:
    return render_template("studio/email.html", email=db.session.get(Email, email_id) or abort(404))


@bp.get("/outbox/<int(max=2147483647):email_id>/html")
def show_email_html(email_id: int) -> ResponseReturnValue:
    email = db.session.get(Email, email_id) or abort(404)
    return Response(email.html, headers={"Content-Security-Policy": OF_A_MAIL})


@bp.post("/outbox/<int(max=2147483647):email_id>/delivery")
def send_email_again(email_id: int) -> ResponseReturnValue:
    email = db.session.get(Email, email_id, with_for_update=True) or abort(404)
    if not email.may_be_sent_again:
        abort(
            409, "Only an e-mail that failed can be sent again. This one is on its way, has arrived or was withdrawn."
        )
    email.send_again()
    enqueue_after_commit(deliver_due)
    db.session.commit()
    flash("It is on its way again.", "good")
    return redirect(url_for(".show_email", email_id=email_id), 303)
