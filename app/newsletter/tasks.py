import logging
from pathlib import Path

from flask import current_app
from huey import crontab

from app.extensions import db, queue
from app.newsletter import bounce_boxes
from app.newsletter.allowance import Allowance
from app.newsletter.clicks import Click

log = logging.getLogger(__name__)


@queue.periodic_task(crontab(minute="23"))
def forget_old_allowances() -> None:
    Allowance.forget_old()
    db.session.commit()


@queue.periodic_task(crontab())
def fold_clicks() -> None:
    """Count the clicks that have waited long enough. What a lost run leaves behind is there for the next."""
    more = True
    while more:
        more = Click.fold() > 0
        db.session.commit()
    Click.forget_canaries()
    db.session.commit()


@queue.periodic_task(crontab(minute="*/5"))
def read_bounces() -> None:
    """Read what came back, from wherever the settings say."""
    try:
        if folder := current_app.config["BOUNCE_MAILDIR"]:
            bounce_boxes.read_maildir(Path(folder))
        if url := current_app.config["BOUNCE_IMAP_URL"]:
            bounce_boxes.read_imap(url)
    except (bounce_boxes.UnreachableMailbox, OSError) as problem:
        log.warning("what came back could not be read; trying again in five minutes: %s", problem)
