from app import outbox
from app.followups.leaving import list_headers, preferences_url, unsubscribe_url
from app.newsletter.models import SignUp, Subscription
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


def not_subscribed(address: str) -> None:
    outbox.post(to=address, template="newsletter/not_subscribed", url=absolute_url("newsletter.show_newsletter"))


def _to_subscriber(person: Person, template: str) -> None:
    outbox.post(
        to=person,
        template=template,
        headers=list_headers(person),
        preferences_url=preferences_url(person),
        unsubscribe_url=unsubscribe_url(person),
    )
