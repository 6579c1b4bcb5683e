"""Mail about signing in, handed to Flask-Security, whose mail room the site fills with its outbox."""

from flask_security.utils import send_mail

from app.people.models import Person
from app.people.sign_in import SignInCode
from app.urls import absolute_url


def sign_in_link(code: SignInCode, digits: str) -> None:
    url = absolute_url("people.confirm_sign_in", token=code.link_token)
    _send("people/sign_in_link", code.person.email, code.person, digits=digits, url=url)


def no_account(address: str) -> None:
    _send("people/no_account", address, None, url=absolute_url("people.sign_in"))


def _send(template: str, address: str, person: Person | None, **context: str) -> None:
    # The subject is the template's own, like the rest of the mail.
    send_mail("", address, template, addressee=person, **context)
