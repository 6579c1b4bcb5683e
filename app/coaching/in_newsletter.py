"""What the newsletter can ask of coaching: who has booked a consultation that was not cancelled, to come or past."""

from sqlalchemy import ColumnElement, select

from app.coaching.models import Consultation
from app.newsletter.issues.audience import FACTS
from app.newsletter.models import Subscription


def _has_booked() -> ColumnElement[bool]:
    mine = Consultation.person_id == Subscription.person_id
    stands = Consultation.booked_at.is_not(None), Consultation.cancelled_at.is_(None)
    return select(Consultation.id).where(mine, *stands).exists()


FACTS["booked"] = _has_booked
