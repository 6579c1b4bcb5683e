"""Disputes: the payer's bank takes a payment back, or a part of it, until it is decided whose it is.

The states are Stripe's: https://docs.stripe.com/api/disputes/object#dispute_object-status. An inquiry ("warning_…") has
taken nothing, and "prevented" is a dispute that was settled by a refund before it began.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now

OPEN = ("needs_response", "under_review", "appeal_needs_response", "appeal_under_review")
LOST, WON, INQUIRY, CLOSED_INQUIRY = "lost", "won", "warning_needs_response", "warning_closed"
# Our own word: lost, and more was paid than the bank keeps. What was bought stays, as after a refund of a part.
LOST_IN_PART = "lost in part"
# The state of a payment's disputes is the first of these that one of them has: what may still take money comes first.
BY_WEIGHT = (*OPEN, LOST, INQUIRY, WON)
LOOK_AT_DISPUTE_EVERY = timedelta(days=1)


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


class Disputable:
    """What a purchase knows of a dispute over its payment. The status is Stripe's word, but for LOST_IN_PART."""

    if TYPE_CHECKING:
        paid_cents: Mapped[int]
        refunded_cents: Mapped[int]
        look_at: Mapped[datetime | None]

    disputed_at: Mapped[datetime | None]
    disputed_cents: Mapped[int] = mapped_column(default=0)
    dispute_status: Mapped[str] = mapped_column(String(40), default="")
    dispute_due_at: Mapped[datetime | None]  # Until when the bank takes an answer.
    dispute_asked_at: Mapped[datetime | None]  # When Stripe was asked for what is known of it.
    dispute_ended_at: Mapped[datetime | None]

    @property
    def is_disputed(self) -> bool:
        """Whether what was paid is with the payer's bank until a dispute is decided."""
        return self.dispute_status in OPEN

    @property
    def kept_by_bank_cents(self) -> int:
        """What of it the payer's bank has for good, where that is a part."""
        return self.disputed_cents if self.dispute_status == LOST_IN_PART else 0

    @property
    def is_at_bank(self) -> bool:
        """Whether nothing can be given back, because the payer's bank has it, for now or for good."""
        return self.is_disputed or self.dispute_status == LOST

    @property
    def is_won_back(self) -> bool:
        """Whether it, or a part, is with us again, since a dispute was decided: until then the payer's bank had it."""
        return self.dispute_status in (WON, LOST_IN_PART)

    def note_dispute(self, dispute: Dispute | None) -> str:
        """Keep in mind how a dispute stands, if Stripe was asked.

        What is new: "asked" or "closed" (an inquiry), "opened", "won", "lost" or "lost in part"; empty if nothing is.
        An answer from before what we know is asked for again.
        """
        if dispute is None or not dispute.status:
            return ""
        if self.dispute_asked_at and dispute.asked_at < self.dispute_asked_at:
            self.look_at = now()
            return ""
        before, self.dispute_status = self.dispute_status, self._dispute_status(dispute)
        self.disputed_cents, self.dispute_due_at = dispute.cents, dispute.due_at
        self.dispute_asked_at = dispute.asked_at
        if self.is_disputed:
            is_another = before == WON
            self.disputed_at, self.dispute_ended_at = now() if is_another else self.disputed_at or now(), None
            self.look_at = self.look_at or now() + LOOK_AT_DISPUTE_EVERY
            return "" if before in OPEN else "opened"
        if self.dispute_status == before:
            return ""
        if self.dispute_status in (WON, LOST, LOST_IN_PART):
            self.disputed_at, self.dispute_ended_at = self.disputed_at or now(), now()
            return self.dispute_status
        return {INQUIRY: "asked", CLOSED_INQUIRY: "closed"}.get(self.dispute_status, "")

    def knows(self, dispute: Dispute) -> bool:
        """Whether it is what we have noted."""
        return not dispute.status or self._dispute_status(dispute) == self.dispute_status

    def _dispute_status(self, dispute: Dispute) -> str:
        if dispute.status != LOST:
            return dispute.status
        # The rest may be given back since.
        was_part = self.dispute_status == LOST_IN_PART and dispute.cents == self.disputed_cents
        is_part = was_part or self.refunded_cents + dispute.cents < self.paid_cents
        return LOST_IN_PART if is_part else LOST
