from huey import crontab

from app.classroom.announcements.models import AnnouncementCopy
from app.extensions import db, queue


@queue.task()
def post_announcements() -> None:
    """A task that dies leaves the rest to the next sweep, and what it has written is not written again."""
    more = True
    while more:
        more = AnnouncementCopy.post_some()
        db.session.commit()


@queue.periodic_task(crontab())
def sweep_announcements() -> None:
    post_announcements.call_local()
