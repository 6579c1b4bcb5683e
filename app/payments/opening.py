"""From a purchase that is kept to the page where it is paid.

This commits as it goes, because Stripe must never be asked with a transaction open.
"""

import logging

from app.extensions import db
from app.payments import stripe_gateway
from app.payments.checkouts import Checkout
from app.payments.pages import PageWanted
from app.payments.purchases import Purchase
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable

log = logging.getLogger(__name__)


def open_page(purchase: Purchase, wanted: PageWanted) -> str:
    """The address of the page to pay at. A purchase has the same page again while that is open.

    Commits, and what led to the purchase with it. Raises GatewayUnavailable (what was held is free again; the same can
    be asked again later), GatewayRefused (the purchase has failed), or what `purchase.hold` raises.
    """
    db.session.commit()
    if purchase.can_be_paid and purchase.checkout_url:
        return purchase.checkout_url
    try:
        checkout = stripe_gateway.open_checkout(wanted)
    except GatewayUnavailable as trouble:
        _put_aside(purchase, trouble.key_spent)
        raise
    except GatewayRefused:
        _give_up(purchase)
        raise
    return _note_page(purchase, checkout)


def _put_aside(purchase: Purchase, key_spent: bool) -> None:
    """Stripe could not be asked: what was held goes back, the purchase waits for another try."""
    purchase = purchase.for_update(purchase.id)
    if purchase.state == "pending" and not purchase.checkout_url:
        purchase.release()
        if key_spent:
            purchase.renew()
    db.session.commit()


def _give_up(purchase: Purchase) -> None:
    purchase = purchase.for_update(purchase.id)
    if not purchase.checkout_url:
        purchase.fail()
    db.session.commit()


def _note_page(purchase: Purchase, checkout: Checkout) -> str:
    """Keep where to pay. Meanwhile a second click may have given back what was held, or the sweep the purchase up."""
    purchase = purchase.for_update(purchase.id)
    try:
        _open(purchase, checkout)
    except Exception:
        db.session.rollback()
        close_page(checkout.session_id)
        raise
    db.session.commit()
    if checkout.url is None:
        raise GatewayUnavailable("the payment page is closed already")
    return checkout.url


def _open(purchase: Purchase, checkout: Checkout) -> None:
    if purchase.stripe_session_id == checkout.session_id:  # Both clicks were given the same page.
        return
    if purchase.state != "pending":
        raise GatewayUnavailable("the purchase was over before its payment page was there")
    purchase.hold()
    purchase.open_payment_page(checkout.session_id, checkout.url)


def close_page(session_id: str) -> None:
    """Close a page that nobody is to pay at any more. Call it with no transaction open.

    A page that could not be closed ends by itself; what is paid there is given back.
    """
    try:
        stripe_gateway.expire_checkout(session_id)
    except (GatewayUnavailable, GatewayRefused) as trouble:
        log.warning("payment page %s stays open: %s", session_id, trouble)
