import logging

from huey import crontab

from app.classroom.certifying.certificates import certify, due
from app.enrollment.enrollments import Enrollment
from app.extensions import db, queue
from app.people.models import Person

log = logging.getLogger(__name__)


@queue.periodic_task(crontab(minute="17"))
def issue_certificates() -> None:
    """Two workers at once issue each once: a certificate is one of a kind for its place."""
    places = due()
    db.session.commit()
    for place_id in places:
        try:
            place = db.session.get_one(Enrollment, place_id)
            Person.for_update(place.person_id)
            if place_id in due():
                certify(place)
            db.session.commit()
        except Exception:
            log.exception("the certificate for place %s could not be issued", place_id)
            db.session.rollback()
