"""A payment as Stripe has it beside ours, and what differs, in words for the owner."""

from typing import NamedTuple

from app.payments import disputes
from app.payments.checkouts import Checkout
from app.payments.purchases import Purchase
from app.payments.refunds import Refund
from app.payments.wording import money

UNKNOWN = "Paid at Stripe, and no order of ours knows of it. Look at it in Stripe, and return it there if it was ours."
OF_A_SECOND_PAGE = "A second payment for one order, not returned yet."
CAME_BACK = "A second payment was sent back and did not arrive. Send it again, or return it in another way."
NOT_AS_ASKED = "What was paid is not what we asked for. Return it in Stripe."


class Comparison(NamedTuple):
    """`difference` is empty where both agree; asking Stripe once more may mend it, unless `needs_owner`."""

    difference: str
    needs_owner: bool = False


def compare(checkout: Checkout, purchase: Purchase | None) -> Comparison:
    """What differs between a Checkout Session, as it stands in a list of Stripe's, and the purchase it names."""
    if purchase is None:
        is_odd = checkout.is_paid and bool(checkout.amount_cents) and not checkout.is_given_back
        return Comparison(UNKNOWN if is_odd else "", is_odd)
    is_other_page = checkout.session_id != purchase.stripe_session_id and purchase.paid_at is not None
    if purchase.mismatched_at and checkout.status == "complete" and (is_other_page or not purchase.paid_at):
        is_over = bool(purchase.refunded_at) or checkout.is_given_back
        return Comparison("" if is_over else NOT_AS_ASKED, not is_over)
    if is_other_page:
        return _of_another_page(checkout)
    return Comparison(_of_states(checkout, purchase) or _of_money(checkout, purchase))


def _of_another_page(checkout: Checkout) -> Comparison:
    """Of a page that is not the one the order was paid at: only a payment there matters, which goes back by itself."""
    is_odd = checkout.is_paid and bool(checkout.amount_cents) and not checkout.is_given_back
    if is_odd and (refund := Refund.of(checkout.payment_intent_id)):
        if refund.has_come_back(checkout.asked_at):
            return Comparison(CAME_BACK)
        is_late = refund.attempts and not refund.sent_at and not refund.is_kept_by_bank
        return Comparison("A second payment is owed back and not sent yet." if is_late else "")
    return Comparison(OF_A_SECOND_PAGE if is_odd else "")


def _of_states(checkout: Checkout, purchase: Purchase) -> str:
    theirs = stripe_state(checkout)
    if theirs == "paid":
        return "" if purchase.paid_at else "Paid at Stripe, not with us."
    if purchase.paid_at:
        return f"Paid with us, {theirs} at Stripe."
    if checkout.session_id != purchase.stripe_session_id:
        return ""
    is_over = purchase.failed_at or purchase.expired_at
    return f"Over at Stripe ({theirs}), open with us." if theirs in ("expired", "failed") and not is_over else ""


def _of_money(checkout: Checkout, purchase: Purchase) -> str:
    if not purchase.paid_at:
        return ""
    theirs, ours = checkout.amount_cents, purchase.paid_cents
    if theirs != ours:
        return f"{money(theirs, checkout.currency)} paid at Stripe, {money(ours, purchase.currency)} with us."
    theirs, ours = min(checkout.refunded_cents, ours), purchase.refunded_cents
    if theirs != ours:
        return f"{money(theirs, checkout.currency)} given back at Stripe, {money(ours, purchase.currency)} with us."
    if checkout.dispute is None or purchase.knows(checkout.dispute):
        return ""
    at_stripe, with_us = (status.replace("_", " ") for status in (checkout.dispute.status, purchase.dispute_status))
    return f"The dispute stands at Stripe as: {at_stripe}. With us as: {with_us or 'not disputed'}."


def shown_state(checkout: Checkout) -> str:
    """What the session comes to, and what became of a payment since: "refunded", "disputed" or "dispute lost"."""
    if checkout.is_given_back:
        return "refunded"
    if checkout.dispute and checkout.dispute.status in disputes.OPEN:
        return "disputed"
    is_lost = checkout.dispute and checkout.dispute.status == disputes.LOST
    left = checkout.amount_cents - checkout.refunded_cents - (checkout.dispute.cents if checkout.dispute else 0)
    return "dispute lost" if is_lost and left <= 0 else stripe_state(checkout)


def stripe_state(checkout: Checkout) -> str:
    """ "paid", "under way", "failed", "expired" or "open": what the session comes to."""
    if checkout.is_paid:
        return "paid"
    if checkout.is_under_way:
        return "under way"
    return "failed" if checkout.status == "complete" else checkout.status
