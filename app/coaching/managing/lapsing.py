"""Times that were held and that nobody chose: free again, with a word to both, in the caller's transaction."""

from sqlalchemy import select

from app.clock import now
from app.coaching import emails
from app.coaching.models import Consultation
from app.extensions import db

AT_ONCE = 100


def lapsed() -> list[int]:
    """The numbers of consultations whose hold is over, longest over first; those held for a payment end with that."""
    over = select(Consultation.id).where(Consultation.held_until <= now(), Consultation.is_unpaid.is_(False))
    return list(db.session.scalars(over.order_by(Consultation.held_until).limit(AT_ONCE)))


def let_lapse(consultation_id: int) -> bool:
    """Free what was held for it, if it is still so, and tell its person and its coach. Locks it."""
    consultation = Consultation.for_update(consultation_id)
    if consultation is None or consultation.held_until is None or consultation.held_until > now():
        return False
    coach = consultation.asked_coach
    consultation.let_go_held()
    if not consultation.has_begun:  # Then nothing is left to choose.
        emails.hold_lapsed(consultation)
        emails.request_lapsed(consultation, coach)
    return True
