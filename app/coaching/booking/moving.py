"""Another time for a consultation that stands, in the caller's transaction."""

from datetime import datetime

from app.coaching.booking.taking import take
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver


def move(consultation: Consultation, starts_at: datetime) -> bool:
    """Book a free time and give back every other: of its coach, or of any if it has none, or one who has stopped.

    Returns whether that is another time.

    Lock the consultation first. Raises AlreadyOver, SlotTaken or NotOffered; then nothing has changed.
    """
    if not consultation.may_be_changed:
        raise AlreadyOver
    if consultation.booked_at and consultation.starts_at == starts_at:
        return False
    given_back = list(consultation.reserved_times)
    consultation.settle(take(consultation.kind, starts_at, consultation.wanted_coach_id, instead_of=given_back))
    return True
