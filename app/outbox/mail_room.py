"""The outbox as Flask-Security's mail room, so that sign-in mail is a row like every other."""

from typing import Any

from flask_security.mail_util import MailUtil

from app.outbox.posting import post
from app.people.models import Person


class OutboxMailUtil(MailUtil):
    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        *,
        addressee: Person | None = None,
        **context: Any,
    ) -> None:
        """Add the mail to the caller's transaction, rendered from emails/<template>, to `addressee` or `recipient`."""
        address = recipient if isinstance(recipient, str) else recipient[1]
        post(to=addressee or address, template=template, **context)
