"""An issue as it will look: in light and dark, as plain text, to a chosen subscriber; also before it is saved."""

from flask import request
from flask.typing import ResponseReturnValue

from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.messages import Values
from app.people.addresses import InvalidAddress, normalize
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.issue_forms import IssueForm
from app.studio.issue_views import AN_ISSUE, wanted
from app.studio.mail_previews import plain, shown


@bp.get(f"{AN_ISSUE}/preview")
def preview_issue(issue_id: int) -> ResponseReturnValue:
    return _preview(wanted(issue_id))


@bp.post(f"{AN_ISSUE}/preview")
def preview_typed(issue_id: int) -> ResponseReturnValue:
    """What was typed, as it would look; nothing of it is kept."""
    saved, form = wanted(issue_id), IssueForm()
    typed = {name: text or "" for name, text in form.texts.items() if name != "is_public"}
    return _preview(Issue(id=saved.id, cover=saved.cover, cover_alt=saved.cover_alt, **typed))


def _preview(issue: Issue) -> ResponseReturnValue:
    address = request.values.get("reader", "").strip()
    reader = _subscriber(address) if address else None
    if address and reader is None:
        return plain(f"No subscriber has the address {address}.")
    subject, text, html = compose(issue).filled(Values.of_nobody(reader.first_name if reader else ""))
    return shown(subject, text, html, request.values.get("view"))


def _subscriber(address: str) -> Person | None:
    try:
        person = Person.with_email(normalize(address))
    except InvalidAddress:
        return None
    return person if person and Subscription.of(person) else None
