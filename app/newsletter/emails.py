from markupsafe import Markup

from app import outbox
from app.followups.leaving import data_url, list_headers, preferences_url, unsubscribe_url
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.messages import Values
from app.newsletter.sign_ups import SignUp
from app.people.address_changes import ALLOW, CONFIRM, UNDO, AddressChange
from app.people.addresses import masked
from app.people.models import Person
from app.urls import absolute_url


def confirm_subscription(sign_up: SignUp) -> None:
    # Nothing that was typed is in this mail: whoever filled in the form may be a stranger to the one who reads it.
    outbox.post(
        to=sign_up.subscription.person,
        template="newsletter/confirm_subscription",
        url=absolute_url("newsletter.confirm", token=sign_up.token),
    )


def already_subscribed(subscription: Subscription) -> None:
    _to_subscriber(subscription.person, "newsletter/already_subscribed")


def new_link(subscription: Subscription) -> None:
    _to_subscriber(subscription.person, "newsletter/new_link")


def not_subscribed(to: Person | str) -> None:
    """To an address that gets no newsletter; who is known for something else gets the way to their data."""
    way_to_data = data_url(to) if isinstance(to, Person) else None
    sign_up_url = absolute_url("newsletter.show_newsletter")
    outbox.post(to=to, template="newsletter/not_subscribed", url=sign_up_url, data_url=way_to_data)


def my_data(person: Person, url: str) -> None:
    outbox.post(to=person, template="newsletter/my_data", url=url)


def allow_address(change: AddressChange) -> None:
    """To the address the person has: may the one they typed become theirs?"""
    outbox.post(
        to=change.person,
        template="newsletter/allow_address",
        url=_step_url("allow", change, ALLOW),
        new=masked(change.new_address),
    )


def confirm_address(change: AddressChange) -> None:
    outbox.post(
        to=change.new_address,
        template="newsletter/confirm_address",
        url=_step_url("confirm", change, CONFIRM),
        old=masked(change.old_address),
    )


def address_taken(somebody: Person) -> None:
    """To whoever has the address that somebody else wanted."""
    outbox.post(to=somebody, template="newsletter/address_taken", preferences_url=preferences_url(somebody))


def address_changed(change: AddressChange) -> None:
    """To the address they had."""
    outbox.post(
        to=change.old_address,
        template="newsletter/address_changed",
        url=_step_url("undo", change, UNDO),
        new=masked(change.new_address),
    )


def address_restored(change: AddressChange) -> None:
    """To the address that is theirs no more, since the one before wants them back."""
    outbox.post(to=change.new_address, template="newsletter/address_restored", old=masked(change.old_address))


def _step_url(step: str, change: AddressChange, purpose: str) -> str:
    return absolute_url("newsletter.show_address_step", step=step, token=change.token(purpose))


def erased(address: str, kept: list[str]) -> None:
    """The last mail to an address; its row goes with it."""
    outbox.post(to=address, template="newsletter/erased", is_fleeting=True, kept=kept)


def _to_subscriber(person: Person, template: str) -> None:
    outbox.post(
        to=person,
        template=template,
        headers=list_headers(person),
        preferences_url=preferences_url(person),
        unsubscribe_url=unsubscribe_url(person),
    )


def test_of_issue(issue: Issue, address: str, owner: Person) -> None:
    """The issue as `address` would get it.

    Its links off the list are the owner's own, or lead to the newsletter's page: nobody unsubscribes others with it.
    """
    is_the_owner = address == owner.email
    reader = owner if is_the_owner else Person.with_email(address)
    values = Values.of_nobody(reader.first_name if reader else "")
    if is_the_owner:
        values |= {"preferences_url": preferences_url(owner), "unsubscribe_url": unsubscribe_url(owner)}
    subject, text, html = compose(issue).filled(values)
    outbox.post(
        to=owner if is_the_owner else address,
        template="newsletter/test_of_issue",
        from_name=issue.sender_name,
        headers=list_headers(owner) if is_the_owner else {},
        subject=subject,
        text=text,
        html=Markup(html),  # noqa: S704 - composed: Markdown that was cleaned, values that were escaped.
    )
