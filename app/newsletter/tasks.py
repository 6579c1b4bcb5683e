from huey import crontab

from app.extensions import db, queue
from app.newsletter.allowance import Allowance


@queue.periodic_task(crontab(minute="23"))
def forget_old_allowances() -> None:
    Allowance.forget_old()
    db.session.commit()
