"""A consultation that has taken place, or was missed, and what follows from it, in the caller's transaction.

Lock it first, by Consultation.for_update.
"""

from app import followups
from app.coaching import emails
from app.coaching.models import Consultation
from app.followups.models import COMPLETED, MISSED


def complete(consultation: Consultation) -> bool:
    """Note that it took place. Returns False when that was noted before. Raises AlreadyOver or NotBegun."""
    if not consultation.complete():
        return False
    _follow(consultation, COMPLETED, "the consultation took place")
    return True


def miss(consultation: Consultation) -> bool:
    """Note that the person did not come. Returns False when that was noted before. Raises AlreadyOver or NotBegun."""
    if not consultation.miss():
        return False
    _follow(consultation, MISSED, "the consultation was missed")
    return True


def reopen(consultation: Consultation) -> bool:
    """Take either back, and what began to follow from it. Returns False when neither was noted."""
    if not consultation.reopen():
        return False
    for event in (COMPLETED, MISSED):
        followups.take_back(event, consultation.person, consultation.occasion, "that was noted by mistake")
    return True


def _follow(consultation: Consultation, event: str, because: str) -> None:
    person, occasion = consultation.person, consultation.occasion
    followups.call_off(person, occasion, because)
    followups.happened(event, person, occasion, manage_url=emails.manage_url(consultation))
