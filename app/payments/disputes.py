"""Disputes: the payer's bank takes a payment back, or a part of it, until it is decided whose it is.

The states are Stripe's: https://docs.stripe.com/api/disputes/object#dispute_object-status. An inquiry ("warning_…") has
taken nothing, and "prevented" is a dispute that was settled by a refund before it began.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

OPEN = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
LOST, WON, INQUIRY, CLOSED_INQUIRY = "lost", "won", "warning_needs_response", "warning_closed"
# Our own word: lost, and more was paid than the bank keeps. What was bought stays, as after a refund of a part.
LOST_IN_PART = "lost in part"
# The state of a payment's disputes is the first of these that one of them has: what may still take money comes first.
BY_WEIGHT = (*OPEN, LOST, INQUIRY, WON)


class Dispute(NamedTuple):
    """How a payment's disputes stood together when Stripe was asked; the status is empty where there is none.

    The amount is that of those with this status; they are to be answered by `due_at`.
    """

    asked_at: datetime
    status: str = ""
    cents: int = 0
    due_at: datetime | None = None

    @classmethod
    def of(cls, each: "Sequence[Dispute]", asked_at: datetime) -> "Dispute":
        """From those of a payment."""
        statuses = [dispute.status for dispute in each]
        status = next((status for status in (*BY_WEIGHT, *statuses) if status in statuses), "")
        alike = [dispute for dispute in each if dispute.status == status]
        due_at = min((dispute.due_at for dispute in alike if dispute.due_at), default=None)
        return cls(asked_at, status, sum(dispute.cents for dispute in alike), due_at)
