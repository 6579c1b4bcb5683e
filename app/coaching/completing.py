"""A consultation that has taken place, and what follows from it, in the caller's transaction."""

from app import followups
from app.coaching import emails
from app.coaching.models import Consultation
from app.followups.models import COMPLETED


def complete(consultation: Consultation) -> bool:
    """Note that it took place. Returns False when that was noted before. Raises AlreadyOver. Lock it first."""
    if not consultation.complete():
        return False
    person, occasion = consultation.person, consultation.occasion
    followups.call_off(person, occasion, "the consultation took place")
    followups.happened(COMPLETED, person, occasion, manage_url=emails.manage_url(consultation))
    return True
