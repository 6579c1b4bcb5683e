from huey import crontab

from app.extensions import db, queue
from app.people.sign_in import SignInCode
from app.people.sign_in_allowance import SignInAllowance


@queue.periodic_task(crontab(minute="17"))
def forget_old_sign_ins() -> None:
    SignInCode.forget_old()
    SignInAllowance.forget_old()
    db.session.commit()
