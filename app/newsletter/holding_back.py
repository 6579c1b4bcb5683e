"""What a subscriber chose holds back the letters of sequences, too: a pause the newsletter's, quiet hours all."""

from datetime import datetime

from app.followups import HOLDS
from app.newsletter.models import Subscription
from app.people.models import Person


def _as_subscriber_chose(person: Person, purpose: str) -> datetime | None:
    subscription = Subscription.of(person)
    return subscription.held_until(purpose) if subscription and subscription.is_active else None


HOLDS.append(_as_subscriber_chose)
