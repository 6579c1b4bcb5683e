from huey import crontab

from app.extensions import db, queue
from app.people.address_changes import AddressChange
from app.people.sign_in import SignInCode
from app.people.sign_in_allowance import SignInAllowance


@queue.periodic_task(crontab(minute="17"))
def forget_old_rows() -> None:
    AddressChange.forget_old()
    SignInCode.forget_old()
    SignInAllowance.forget_old()
    db.session.commit()
