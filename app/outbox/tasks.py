import logging

from flask import current_app
from huey import crontab
from sqlalchemy import select

from app.extensions import db, queue
from app.outbox.delivery import Deliverer
from app.outbox.models import Email, Worker
from app.urls import absolute

log = logging.getLogger(__name__)
NO_SERVER = "no mail server is set"


@queue.task()
def deliver_due() -> None:
    if current_app.config["MAIL_SERVER"]:
        Deliverer.of_this_process().deliver_due()
    else:
        announce_waiting()


@queue.periodic_task(crontab())
def sweep_outbox() -> None:
    """Find what a lost task or a dead worker left behind."""
    Worker.bury()
    Email.give_up_expired()
    Email.forget_fleeting()
    db.session.commit()
    Deliverer.of_this_process().release_forgotten()
    deliver_due.call_local()


def announce_waiting() -> None:
    """Without MAIL_SERVER, say on the terminal once what waits in the outbox, and where to read it."""
    for email in db.session.scalars(select(Email).where(Email.is_due(), Email.last_answer != NO_SERVER).limit(100)):
        email.last_answer = NO_SERVER
        log.info("mail for %s stays in the outbox: %s %s", email.to_address, email.subject,
                 absolute(f"/studio/outbox/{email.id}"))  # fmt: skip
    db.session.commit()
