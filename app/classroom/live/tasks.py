from huey import crontab

from app.classroom.live.reminding import remind_some
from app.classroom.live.telling import tell_some
from app.extensions import db, queue


@queue.periodic_task(crontab())
def remind_of_sessions() -> None:
    """Some at a time, so that nobody else waits to write while thousands are reminded."""
    more = True
    while more:
        more = remind_some()
        db.session.commit()


@queue.task()
def tell_of_sessions() -> None:
    """A task that dies leaves the rest to the next sweep, and what it has written is not written again."""
    more = True
    while more:
        more = tell_some()
        db.session.commit()


@queue.periodic_task(crontab())
def sweep_session_news() -> None:
    tell_of_sessions.call_local()
