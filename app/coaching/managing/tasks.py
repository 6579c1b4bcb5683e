import logging
from collections.abc import Callable

from huey import crontab

from app.coaching.managing.lapsing import lapsed, let_lapse
from app.coaching.managing.reminding import REMINDERS
from app.extensions import db, queue
from app.people.link_mailings import LinkMailing

log = logging.getLogger(__name__)


@queue.periodic_task(crontab())
def sweep_consultations() -> None:
    """Free what was held long enough, and remind of what comes. Two workers at once do each of it once."""
    _do_with_each(lapsed(), let_lapse)
    for reminder in REMINDERS:
        _do_with_each(reminder.due(), reminder.send)


@queue.periodic_task(crontab(minute="53"))
def forget_old_mailings() -> None:
    LinkMailing.forget_old()
    db.session.commit()


def _do_with_each(consultation_ids: list[int], act: Callable[[int], bool]) -> None:
    """Each in a transaction of its own; one that fails keeps no other waiting, and the next sweep tries it again."""
    db.session.commit()
    for consultation_id in consultation_ids:
        try:
            act(consultation_id)
            db.session.commit()
        except Exception:
            log.exception("the sweep could not do with consultation %s", consultation_id)
            db.session.rollback()
