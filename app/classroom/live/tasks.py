from huey import crontab

from app.classroom.live.reminding import remind_some
from app.extensions import db, queue


@queue.periodic_task(crontab())
def remind_of_sessions() -> None:
    """Some at a time, so that nobody else waits to write while thousands are reminded."""
    more = True
    while more:
        more = remind_some()
        db.session.commit()
