"""A person who is written to elsewhere: what stands booked goes to the new mailbox, and the coach hears of it."""

from app.coaching import emails
from app.coaching.models import Consultation
from app.extensions import db
from app.people.address_changes import FOLLOWS
from app.people.models import Person


def _tell(person: Person) -> None:
    for known in Consultation.open_of(person):
        consultation = db.session.get_one(Consultation, known.id, with_for_update=True, populate_existing=True)
        if not consultation.may_be_changed:
            continue
        if consultation.booked_at:
            consultation.calendar_sequence += 1
            emails.consultation_at_new_address(consultation)
        emails.request_changed(consultation)


FOLLOWS.append(_tell)
