"""Leaving everything nobody needs: the newsletter and every sequence. What was ordered or asked for still arrives."""

from datetime import timedelta

from sqlalchemy import select

from app import followups
from app.clock import now
from app.extensions import db
from app.newsletter.issues import progress
from app.newsletter.models import LEAVING, Subscription
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sign_ups import SignUp
from app.outbox import Email
from app.people.models import Consent, Person

# A link in a letter does not say which letter: who leaves counts for the issue last sent to them, if that was lately.
LEFT_OVER_WITHIN = timedelta(days=30)


def has_left(person: Person) -> bool:
    """Whether the last word of `person` was to be left alone, for every purpose."""
    return all(Consent.last_word(person, purpose) == "withdrawn" for purpose in followups.PURPOSES)


def leave_everything(person: Person, *, page: str) -> None:
    """Take `person` off every list. Done again, it changes nothing."""
    # Two presses at once are one leaving; who is being erased at the same moment is gone by now.
    if Person.for_update(person.id) is None or has_left(person):
        return
    over = None
    if subscription := Subscription.of(person):
        over = _issue_left_over(subscription)
        subscription.leave()
        SignUp.void_all(subscription)
    for purpose in followups.PURPOSES:
        Consent.record(person, purpose, "withdrawn", wording=LEAVING, page=page)
    followups.stop_all(person, "unsubscribed")
    # Whoever was writing a letter held the person, and has written it now.
    Email.withdraw_letters(person)
    if over:
        progress.count(over, unsubscribed=1)


def _issue_left_over(subscription: Subscription) -> int | None:
    """The number of the issue for which a reader's leaving counts; who complained about it is counted as that."""
    if not subscription.is_active:
        return None
    sent = select(Delivery).where(Delivery.subscription_id == subscription.id, Delivery.sent_at.is_not(None))
    # Not by number alone: PostgreSQL might walk the whole ledger backwards to find the highest.
    last = db.session.scalar(sent.order_by(Delivery.sent_at.desc(), Delivery.id.desc()).limit(1))
    if last is None or last.sent_at is None or last.sent_at < now() - LEFT_OVER_WITHIN or last.complained_at:
        return None
    return last.issue_id
