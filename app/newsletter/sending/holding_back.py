"""What holds back the letters of sequences: what a subscriber chose, and an issue, which comes before them."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import now
from app.extensions import UTCDateTime, db
from app.followups import HOLDS
from app.followups.daily import A_DAY
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery
from app.people.models import Person

SOON = timedelta(hours=1)


def _as_subscriber_chose(person: Person, purpose: str) -> datetime | None:
    """A pause holds the newsletter's, quiet hours all."""
    subscription = Subscription.of(person)
    return subscription.held_until(purpose) if subscription and subscription.is_active else None


def _a_day_apart_from_issues(person: Person, _purpose: str) -> datetime | None:
    """At most one letter a day: a sequence waits for the issue of this day, and for a day after it."""
    if (subscription := Subscription.of(person)) is None:
        return None
    after_last = _last_issue_at(subscription)
    ends = [after_last + A_DAY] if after_last else []
    for issue in Issue.coming_for_within(A_DAY):
        if issue.scheduled_at and issue.audience.holds(person.id):
            ends.append(max(issue.scheduled_at, now()) + A_DAY)
    if _awaits_issue(subscription):
        ends.append(now() + SOON)  # When it arrives is not known; then its day begins.
    return max(ends, default=None)


def _last_issue_at(subscription: Subscription) -> datetime | None:
    """When an issue was last handed over for it, if that was within a day."""
    of_this_day = (Delivery.subscription_id == subscription.id, Delivery.sent_at > now() - A_DAY)
    return db.session.scalar(select(func.max(Delivery.sent_at, type_=UTCDateTime)).where(*of_this_day))


def _awaits_issue(subscription: Subscription) -> bool:
    """Whether an issue is on its way to it. One that is paused is not: nobody knows when that goes on."""
    if not (going := Issue.going()):
        return False
    waiting = (Delivery.subscription_id == subscription.id, Delivery.issue_id.in_(going), Delivery.is_undecided())
    return db.session.scalar(select(Delivery.id).where(*waiting).limit(1)) is not None


HOLDS += [_as_subscriber_chose, _a_day_apart_from_issues]
