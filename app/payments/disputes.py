"""Disputes: the payer's bank takes a payment back until it is decided whose it is.

The states are Stripe's: https://docs.stripe.com/api/disputes/object#dispute_object-status. An inquiry ("warning_…") has
taken nothing, and "prevented" is a dispute that was settled by a refund before it began.
"""

from collections.abc import Sequence

OPEN = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
LOST, WON = "lost", "won"


def weightiest(statuses: Sequence[str]) -> str:
    """Of the states of a payment's disputes, the one that says most: one that is lost, else one open, else one won."""
    return next((status for status in (LOST, *OPEN, WON) if status in statuses), statuses[0] if statuses else "")
