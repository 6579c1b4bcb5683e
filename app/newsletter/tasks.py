from huey import crontab

from app.extensions import db, queue
from app.newsletter.allowance import Allowance
from app.newsletter.clicks import Click


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
