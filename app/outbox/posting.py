"""Writing a message: one pair of templates rendered to a subject, a text and an HTML, as a row of the caller's."""

import uuid
from datetime import datetime
from email.utils import parseaddr
from typing import Any

import css_inline
from flask import current_app, render_template

from app.extensions import db, enqueue_after_commit
from app.outbox.models import LONGEST_SUBJECT, Email
from app.outbox.tasks import deliver_due
from app.people.addresses import domain_of
from app.people.models import Person

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)


def post(
    to: Person | str,
    template: str,
    *,
    from_name: str = "",
    headers: dict[str, str] | None = None,
    calendar: str = "",
    automatic: bool = True,
    is_fleeting: bool = False,
    expires_at: datetime | None = None,
    **context: Any,
) -> Email | None:
    """Add a message in the caller's transaction: sent after it commits, gone if it is rolled back.

    None when its person has been erased: there is nobody to write to.

    `template` names emails/<template>.{subject.txt,txt,html}, rendered with `context` and `person`. `to` is a person,
    or an address where no person stands behind it. `from_name` is who writes, if not the site itself. `calendar` is a
    calendar file (RFC 5545) that names its METHOD; mail programs offer to do what it says. `automatic` marks mail no
    human sent by hand (RFC 3834 §5), `is_fleeting` mail whose row is deleted once it is sent. From `expires_at` on it
    is not sent any more.
    Raises HeaderInjection when a header would hold a line break.
    """
    person, address = (to, to.email) if isinstance(to, Person) else (None, to)
    if person and person.erased_at:
        return None
    subject, text, html = rendered(template, person=person, **context)
    email = Email(
        person=person,
        template=template,
        to_address=address,
        to_name=person.name if person else "",
        from_name=from_name,
        subject=subject,
        body=text,
        html=html,
        headers=({"Auto-Submitted": "auto-generated"} if automatic else {}) | (headers or {}),
        calendar=calendar,
        is_fleeting=is_fleeting,
        expires_at=expires_at,
        message_id=f"<{uuid.uuid4()}@{_sender_domain()}>",
    )
    db.session.add(email)
    enqueue_after_commit(deliver_due)
    return email


_PARTS = ("subject.txt", "txt", "html")


def rendered(template: str, **context: Any) -> tuple[str, str, str]:
    """The subject, the text and the HTML of a message, as they are sent."""
    config = current_app.config
    context |= {"site_url": config["SITE_URL"], "postal_address": config["POSTAL_ADDRESS"]}
    subject, text, html = (render_template(f"emails/{template}.{part}", **context) for part in _PARTS)
    return " ".join(subject.split())[:LONGEST_SUBJECT], text.strip() + "\n", inline_css(html)


def inline_css(html: str) -> str:
    """`html` with its style block written into the elements; what stands in @media stays where it is."""
    return _inliner.inline(html)


def _sender_domain() -> str:
    return domain_of(parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1])
