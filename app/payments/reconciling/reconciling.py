"""Lay Stripe's records beside ours, and mend what asking Stripe once more mends.

It commits as it goes, because Stripe must never be asked with a transaction open.
"""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from app.clock import now
from app.extensions import db, read_only
from app.payments import stripe_gateway, tasks
from app.payments.checkouts import Checkout
from app.payments.fulfilment import fulfil, purchase_of_payment
from app.payments.purchases import NOT_ARRIVED, SETTLES, Purchase
from app.payments.reconciling import stripe_records
from app.payments.reconciling.comparing import Comparison, compare
from app.payments.reconciling.models import Finding, Reconciliation
from app.payments.refunds import OWED, Refund
from app.payments.stripe_events import NEEDED, StripeEvent
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.payments.wording import money

log = logging.getLogger(__name__)
# What Stripe tells of undelivered events ends after 30 days: https://docs.stripe.com/webhooks/process-undelivered-events.
FARTHEST = timedelta(days=30)
# What is younger may be on its way still.
LATE = timedelta(hours=1)
NOBODY_TRIED = "nobody has tried yet. Is a worker running?"

# What rooms that sell find odd in their own books, in words for the owner. Rooms add theirs when imported.
# They look at no more than what has to do with the time since the given moment.
CHECKS: list[Callable[[datetime], list[str]]] = []


def reconcile(back: timedelta = FARTHEST) -> Reconciliation:
    """Compare everything since then. Commits. What cannot be reached is said in `trouble`, and nothing is raised."""
    run = Reconciliation(since=now() - back)
    db.session.add(run)
    db.session.commit()
    trouble = ""
    try:
        _hear_missed_events(run)
        _compare_all(run)
    except (GatewayUnavailable, GatewayRefused) as problem:
        db.session.rollback()
        log.warning("the reconciliation ends early: %s", problem)
        trouble = str(problem)
    read_only()  # On SQLite nobody else waits while the books are gone through.
    odd = [*_ours_to_look_at(), *(words for check in CHECKS for words in check(run.since))]
    db.session.commit()
    run.findings += [Finding(words=words) for words in odd]
    run.finish(trouble)
    Reconciliation.forget_all_before(run)
    db.session.commit()
    return run


def _hear_missed_events(run: Reconciliation) -> None:
    """Take in the events that Stripe could not deliver to us, and do what they call for."""
    for event in stripe_records.undelivered_events(sorted(NEEDED), run.since):
        row = StripeEvent.receive(event, json.dumps(event))
        run.missed_events += row is not None
        db.session.commit()
        if row:
            tasks.handle_event(row.id)


def _compare_all(run: Reconciliation) -> None:
    tasks.catch_up()
    seen = set()
    disputed = set(stripe_records.payments_disputed_since(run.since))
    for checkout in stripe_records.checkouts_since(run.since):
        seen.add(checkout.session_id)
        _compare(run, _with_dispute(checkout, disputed))
    for payment in {*stripe_records.payments_refunded_since(run.since), *disputed}:
        session_id = _session_of(payment)
        if session_id and session_id not in seen:
            seen.add(session_id)
            _compare(run, stripe_gateway.retrieve_checkout(session_id, is_disputed=payment in disputed))
    for kind in SETTLES:
        for session_id in _paid_since(kind, run.since):
            if session_id not in seen:
                _look_for(run, session_id)


def _with_dispute(checkout: Checkout, disputed: set[str]) -> Checkout:
    """What Stripe lists says at most whether a payment is disputed, not how that stands."""
    payment = checkout.payment_intent_id
    if payment and (checkout.is_disputed or payment in disputed):
        return checkout._replace(dispute=stripe_gateway.dispute_of(payment))
    return checkout


def _compare(run: Reconciliation, checkout: Checkout) -> None:
    """Compare one, ask Stripe about it once more if something differs, and note how it stands then.

    Twice, should it differ still: that less went back than we know of is taken for a stale answer the first time.
    What else is sold on the same account is passed over.
    """
    found, purchase = _beside_ours(checkout)
    if not (purchase or checkout.names_order):
        db.session.commit()
        return
    is_mended = False
    for _ in range(2):
        if not found.difference or found.needs_owner:
            break
        db.session.commit()
        checkout = _ask_again(checkout)
        found, purchase = _beside_ours(checkout)
        is_mended = not found.difference
    run.note(checkout, purchase, found, is_mended)
    db.session.commit()


def _ask_again(checkout: Checkout) -> Checkout:
    """Bring ours in line with it. One that cannot be brought in line holds up no other."""
    try:
        is_disputed = checkout.dispute is not None
        fulfil(checkout.session_id, is_disputed=is_disputed)
        return stripe_gateway.retrieve_checkout(checkout.session_id, is_disputed=is_disputed)
    except GatewayUnavailable:
        raise
    except Exception:
        db.session.rollback()
        log.exception("payment page %s could not be brought in line", checkout.session_id)
        return checkout


def _beside_ours(checkout: Checkout) -> tuple[Comparison, Purchase | None]:
    purchase = next((found for kind in SETTLES if (found := kind.at(checkout.reference))), None)
    return compare(checkout, purchase), purchase


def _look_for(run: Reconciliation, session_id: str) -> None:
    """One that we know to be paid and that Stripe did not list."""
    try:
        checkout = stripe_gateway.retrieve_checkout(session_id)
    except GatewayRefused as refusal:
        if refusal.code != "resource_missing":
            raise
        words = f"Paid with us, unknown at Stripe: {session_id}. Were the keys changed to another account's?"
        run.findings.append(Finding(words=words))
        db.session.commit()
    else:
        _compare(run, checkout)


def _session_of(payment_intent_id: str) -> str | None:
    purchase = purchase_of_payment(payment_intent_id)
    session_id = purchase.stripe_session_id if purchase else None
    db.session.commit()
    return session_id


def _paid_since(kind: type[Purchase], since: datetime) -> list[str]:
    paid = select(kind.stripe_session_id).where(kind.paid_at >= since, kind.stripe_session_id.is_not(None))
    found = [session_id for session_id in db.session.scalars(paid) if session_id]
    db.session.commit()
    return found


def _ours_to_look_at() -> Iterator[str]:
    """Refunds that do not leave or did not arrive, and events that cannot be acted upon."""
    late = select(Refund).where(OWED, Refund.owed_at < now() - LATE).order_by(Refund.id)
    for refund in db.session.scalars(late):
        why = refund.last_error or NOBODY_TRIED
        yield f"A refund for {refund.reference[:8].upper()} has not gone out: {why}"
    for kind in SETTLES:
        lost = select(kind).where(NOT_ARRIVED)
        for purchase in db.session.scalars(lost.order_by(kind.id)):
            if purchase.left_cents > 0 and not purchase.is_at_bank:
                back = money(purchase.left_cents, purchase.currency)
                yield f"{back} of order {purchase.number} was to go back and did not arrive. Return it in another way."
    stuck = select(StripeEvent).where(StripeEvent.processed_at.is_(None), StripeEvent.received_at < now() - LATE)
    for event in db.session.scalars(stuck.order_by(StripeEvent.id).limit(100)):
        why = event.last_error or NOBODY_TRIED
        yield f"{event.stripe_id} ({event.type}) could not be acted upon: {why}"
