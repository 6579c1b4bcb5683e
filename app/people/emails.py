from app import outbox
from app.people.sign_in import SignInCode
from app.urls import absolute_url


def sign_in_link(code: SignInCode, digits: str) -> None:
    outbox.post(
        to=code.person,
        template="people/sign_in_link",
        digits=digits,
        url=absolute_url("people.confirm_sign_in", token=code.link_token),
    )


def no_account(address: str) -> None:
    outbox.post(to=address, template="people/no_account", url=absolute_url("people.sign_in"))
