"""What the newsletter can ask of coaching: who has a consultation, asked for and not cancelled."""

from sqlalchemy import ColumnElement, select

from app.coaching.models import Consultation
from app.newsletter.issues.audience import FACTS
from app.newsletter.models import Subscription


def _has_booked() -> ColumnElement[bool]:
    mine = Consultation.person_id == Subscription.person_id
    return select(Consultation.id).where(mine, Consultation.cancelled_at.is_(None)).exists()


FACTS["booked"] = _has_booked
