"""What the newsletter holds of a person: the subscription, what came of it, and why they left."""

from collections import Counter
from typing import Any

from sqlalchemy import delete, select

from app.extensions import db
from app.newsletter.allowance import Allowance
from app.newsletter.in_and_out.uploads import UploadReject
from app.newsletter.issues import progress
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.preferences.departures import Departure
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sign_ups import SignUp
from app.people import records
from app.people.address_changes import AddressChange
from app.people.models import Person


def _export(person: Person) -> dict[str, Any]:
    subscription = Subscription.of(person)
    departures = [records.row(departure) for departure in Departure.all_of(person)]
    if subscription is None:
        return {"departures": departures} if departures else {}
    sign_ups = db.session.scalars(select(SignUp).filter_by(subscription_id=subscription.id).order_by(SignUp.id))
    return records.row(
        subscription,
        topics=[topic.label for topic in subscription.topics],
        tags=[tag.name for tag in subscription.tags],
        sign_ups=[records.row(sign_up) for sign_up in sign_ups],
        issues=_issues(subscription),
        departures=departures,
    )


def _issues(subscription: Subscription) -> list[dict[str, Any]]:
    sent = select(Delivery, Issue.title).join(Issue, Issue.id == Delivery.issue_id)
    found = db.session.execute(sent.filter(Delivery.subscription_id == subscription.id).order_by(Delivery.id))
    return [records.row(delivery, issue=title, state=delivery.state) for delivery, title in found]


def _erase(person: Person) -> None:
    for address in AddressChange.addresses_of(person):
        Allowance.forget(address)
        UploadReject.forget_address(address)
    if subscription := Subscription.of(person):
        subscription.leave()  # So that it is counted: numbers outlive the row.
        _count_out(subscription)
        db.session.delete(subscription)
    db.session.execute(delete(Departure).where(Departure.person_id == person.id))
    db.session.flush()


def _count_out(subscription: Subscription) -> None:
    """Let an issue that is on its way not wait for a delivery that is no more. What a worker has in hand goes out."""
    undecided = delete(Delivery).where(Delivery.subscription_id == subscription.id, Delivery.is_undecided())
    gone = db.session.scalars(undecided.returning(Delivery.issue_id).execution_options(synchronize_session=False))
    for issue_id, number in sorted(Counter(gone).items()):
        progress.count(issue_id, skipped=number)


records.register(
    "newsletter",
    records.Part("your subscription: choices, tags, sign-ups, which issues went to you, why you left", _export, _erase),
)
