"""What follows from a payment. Stripe is asked how things stand; an event is only the reason to ask.

`fulfil` may be called any number of times, at once, in any order, by webhook, return page and sweep: each call brings
our rows in line with what Stripe says at that moment.
"""

import logging
from contextlib import suppress

from app.clock import now
from app.extensions import db, read_only
from app.payments import stripe_gateway
from app.payments.purchases import GRACE, SETTLES, Purchase
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)
PURCHASES_A_MINUTE = 50


def fulfil(session_id: str, *, is_disputed: bool = False) -> Purchase | None:
    """The purchase of a Checkout Session, in line with it; None when the session belongs to none of ours.

    `is_disputed`: something tells of a dispute. Commits. Call it with no transaction open. Raises GatewayUnavailable,
    GatewayRefused.
    """
    read_only()  # A return page that has yet to ask Stripe waits for nobody who writes.
    is_disputed = is_disputed or _is_known_disputed(session_id)
    db.session.commit()
    checkout = stripe_gateway.retrieve_checkout(session_id, is_disputed=is_disputed)
    found = _purchase_of(checkout.reference)
    if found is None:
        log.warning("checkout session %s belongs to no purchase", session_id)
        return None
    kind, purchase_id = found
    purchase = kind.for_update(purchase_id)
    SETTLES[kind](purchase, checkout)
    db.session.commit()
    return purchase


def _purchase_of(reference: str) -> tuple[type[Purchase], int] | None:
    """Looked up before anything is locked: on SQLite all others who write wait for what follows."""
    read_only()
    found = ((kind, purchase_id) for kind in SETTLES if (purchase_id := kind.id_of(reference)))
    first = next(found, None)
    db.session.commit()
    return first


def _is_known_disputed(session_id: str) -> bool:
    known = (kind.of_session(session_id) for kind in SETTLES)
    return any(purchase.dispute_status for purchase in known if purchase)


def purchase_of_payment(payment_intent_id: str) -> Purchase | None:
    """The purchase of any kind that was paid by this payment."""
    return next((found for kind in SETTLES if (found := kind.of_payment(payment_intent_id))), None)


def session_of_payment(payment_intent_id: str) -> str | None:
    """Where the payment was made. A refund may be told of before we have heard of the payment.

    Commits. Raises GatewayUnavailable, GatewayRefused.
    """
    purchase = purchase_of_payment(payment_intent_id)
    db.session.commit()
    if purchase and purchase.stripe_session_id:
        return purchase.stripe_session_id
    return stripe_gateway.session_of_payment(payment_intent_id)


def look_into_what_is_due() -> None:
    """Ask Stripe about the purchases that were not heard of in time. One that cannot be cleared up holds up no other.

    Raises GatewayUnavailable.
    """
    due = [(kind, purchase_id) for kind in SETTLES for purchase_id in kind.due_for_a_look(PURCHASES_A_MINUTE)]
    db.session.commit()
    for kind, purchase_id in due:
        try:
            look_into(kind, purchase_id)
        except Exception as problem:
            db.session.rollback()
            log.exception("%s %s could not be looked into", kind.__name__, purchase_id)
            kind.for_update(purchase_id).look_again()
            db.session.commit()
            if isinstance(problem, GatewayUnavailable):
                raise


def look_into(kind: type[Purchase], purchase_id: int) -> None:
    """Find out what became of a purchase that no event told of. Commits. Raises GatewayUnavailable."""
    purchase = db.session.get_one(kind, purchase_id)
    session_id, is_over = purchase.stripe_session_id, now() > purchase.expires_at + GRACE
    db.session.commit()
    if session_id is None:  # The process died, or Stripe was away, before there was a page to pay at.
        return _let_go(kind, purchase_id, None)
    try:
        seen = fulfil(session_id)
    except GatewayRefused as refusal:
        if refusal.code != "resource_missing":
            raise
        # Another account's session, after a change of keys: nobody can pay it any more.
        return _let_go(kind, purchase_id, session_id)
    if seen and seen.state in ("pending", "expired") and seen.look_at and is_over:
        close(session_id)
    return None


def close(session_id: str) -> None:
    """Close the payment page, unless it is over, and bring its purchase in line: it may have been paid a moment ago.

    Commits. Call it with no transaction open. Raises GatewayUnavailable, GatewayRefused.
    """
    stripe_gateway.expire_checkout(session_id)
    fulfil(session_id)


def give_up(purchase: Purchase) -> None:
    """For a buyer who will not pay: close the page and give back what is held, unless it has been paid a moment ago.

    Commits. Raises GatewayUnavailable; then nothing has changed, for it may have been paid.
    """
    session_id = purchase.stripe_session_id
    db.session.commit()
    if session_id:
        with suppress(GatewayRefused):  # Another account's, after a change of keys: nobody can pay it any more.
            close(session_id)
    purchase = purchase.for_update(purchase.id)
    if purchase.stripe_session_id == session_id:
        purchase.expire()
    db.session.commit()


def _let_go(kind: type[Purchase], purchase_id: int, session_id: str | None) -> None:
    """Give up a purchase, unless the buyer has taken it up again since it was seen with this session."""
    purchase = kind.for_update(purchase_id)
    if purchase.stripe_session_id == session_id and purchase.look_at and purchase.look_at <= now():
        purchase.expire()
        purchase.stop_looking()
    db.session.commit()
