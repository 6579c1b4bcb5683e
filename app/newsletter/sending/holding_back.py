"""What holds back the letters of sequences: what subscribers chose, and an issue, which comes before them.

At most one letter a day: a sequence waits for the issue of this day, and for a day after it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.clock import now
from app.extensions import UTCDateTime, db
from app.followups import HOLDS
from app.followups.daily import A_DAY
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.sending.deliveries import Delivery

SOON = timedelta(hours=1)


def _as_subscribers_chose(person_ids: Collection[int], purpose: str) -> dict[int, datetime]:
    """A pause holds the newsletter's, quiet hours all."""
    may_have_chosen = Subscription.paused_until.is_not(None) | Subscription.quiet_from_hour.is_not(None)
    theirs = select(Subscription).where(Subscription.person_id.in_(person_ids), may_have_chosen)
    found = db.session.scalars(theirs.execution_options(populate_existing=True))
    active = [each for each in found if each.is_active]
    return {each.person_id: end for each in active if (end := each.held_until(purpose))}


def _a_day_after_the_last_issue(person_ids: Collection[int], _purpose: str) -> dict[int, datetime]:
    last_at = func.max(Delivery.sent_at, type_=UTCDateTime)
    written = (
        select(Subscription.person_id, last_at)
        .join(Delivery, Delivery.subscription_id == Subscription.id)
        .where(Subscription.person_id.in_(person_ids), Delivery.sent_at > now() - A_DAY)
        .group_by(Subscription.person_id)
    )
    return {person_id: at + A_DAY for person_id, at in db.session.execute(written) if at}


def _a_day_after_the_issue_that_comes(person_ids: Collection[int], _purpose: str) -> dict[int, datetime]:
    ends: dict[int, datetime] = {}
    for issue in Issue.coming_for_within(A_DAY):
        readers = issue.audience.select(Subscription.person_id).where(Subscription.person_id.in_(person_ids))
        ends |= dict.fromkeys(db.session.scalars(readers), max(issue.scheduled_at or now(), now()) + A_DAY)
    return ends


def _until_the_issue_is_there(person_ids: Collection[int], _purpose: str) -> dict[int, datetime]:
    """One that is paused is not on its way: nobody knows when that goes on."""
    if not (going := Issue.going()):
        return {}
    waiting = (
        select(Subscription.person_id)
        .join(Delivery, Delivery.subscription_id == Subscription.id)
        .where(Subscription.person_id.in_(person_ids), Delivery.issue_id.in_(going), Delivery.is_undecided())
    )
    # When it arrives is not known; then its day begins.
    return dict.fromkeys(db.session.scalars(waiting), now() + SOON)


HOLDS += [
    _as_subscribers_chose,
    _a_day_after_the_last_issue,
    _a_day_after_the_issue_that_comes,
    _until_the_issue_is_there,
]
