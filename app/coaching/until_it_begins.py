"""What follows a request is for the time before the consultation: once it begins, none of these letters go out."""

from datetime import datetime

from sqlalchemy import select

from app.coaching.models import Consultation
from app.extensions import db
from app.followups import ENDS
from app.followups.models import REQUESTED


def _begins_at(event: str, occasion: str) -> datetime | None:
    if event != REQUESTED or not occasion.startswith(Consultation.OCCASION):
        return None
    number = int(occasion.removeprefix(Consultation.OCCASION))
    return db.session.scalar(select(Consultation.starts_at).where(Consultation.id == number))


ENDS.append(_begins_at)
