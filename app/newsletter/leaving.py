"""Leaving everything nobody needs: the newsletter and every sequence. What was ordered or asked for still arrives."""

from app import followups
from app.newsletter.models import LEAVING, Subscription
from app.outbox import Email
from app.people.models import Consent, Person


def has_left(person: Person) -> bool:
    """Whether the last word of `person` was to be left alone, for every purpose."""
    return all(Consent.last_word(person, purpose) == "withdrawn" for purpose in followups.PURPOSES)


def leave_everything(person: Person, *, page: str) -> None:
    """Take `person` off every list. Done again, it changes nothing."""
    Person.for_update(person.id)  # Two presses at once are one leaving.
    if has_left(person):
        return
    if subscription := Subscription.of(person):
        subscription.leave()
    for purpose in followups.PURPOSES:
        Consent.record(person, purpose, "withdrawn", wording=LEAVING, page=page)
    followups.stop_all(person, "unsubscribed")
    # Whoever was writing a letter held the person, and has written it now.
    Email.withdraw_letters(person)
