"""What erasing a person leaves of their purchases."""

from collections.abc import Iterable, Sequence

from app.payments.purchases import Purchase
from app.payments.stripe_events import forget_buyer


def kept(purchases: Sequence[Purchase], paid: str, unpaid: str) -> str:
    """The words for what stays: those for `paid` once something was, those for `unpaid` if there is anything at all."""
    if any(purchase.paid_at for purchase in purchases):
        return paid
    return unpaid if purchases else ""


def leave(purchases: Sequence[Purchase], addresses: Iterable[str]) -> None:
    """Leave the books, and in them who paid, without an e-mail address; of what was not paid, nothing of the buyer.

    Events lose what tells of whoever had these addresses.
    """
    traces = list(addresses)
    for purchase in purchases:
        purchase.name, purchase.checkout_url = purchase.name if purchase.paid_at else "", None
        payer = {key: value for key, value in purchase.billing.items() if key != "email"}
        purchase.billing = payer if purchase.paid_at else {}
        traces += [number for number in (purchase.stripe_session_id, purchase.stripe_payment_intent_id) if number]
    for trace in traces:
        forget_buyer(trace)
