"""Times that were held and that nobody chose: free again, with a word to both, in the caller's transaction."""

from sqlalchemy import select

from app.clock import now
from app.coaching import emails
from app.coaching.models import Consultation
from app.extensions import db

AT_ONCE = 100


def lapsed() -> list[int]:
    """The numbers of consultations whose hold is over, longest over first."""
    over = select(Consultation.id).where(Consultation.held_until <= now()).order_by(Consultation.held_until)
    return list(db.session.scalars(over.limit(AT_ONCE)))


def let_lapse(consultation_id: int) -> bool:
    """Free what was held for it, if it is still so, and tell its person and its coach. Locks it."""
    consultation = Consultation.for_update(consultation_id)
    if consultation is None or consultation.held_until is None or consultation.held_until > now():
        return False
    consultation.let_go_held()
    emails.hold_lapsed(consultation)
    emails.request_lapsed(consultation)
    return True
