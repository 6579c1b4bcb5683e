"""Who left before paying is reminded of what can still be bought, and of nothing else."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.clock import now
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.followups import ENDS
from app.followups.models import ABANDONED


def _ends_at(event: str, occasion: str) -> datetime | None:
    if event != ABANDONED or not occasion.startswith(Order.OCCASION):
        return None
    wanted = select(Order).filter_by(id=int(occasion.removeprefix(Order.OCCASION))).options(joinedload(Order.cohort))
    order = db.session.scalar(wanted.execution_options(populate_existing=True))
    return order.cohort.closes_at if order and _can_be_bought(order) else now()


def _can_be_bought(order: Order) -> bool:
    cohort, left = order.cohort, order.cohort.seats_left
    if cohort.is_on_sale and (left is None or left >= order.seats):
        return True
    return not cohort.has_begun and WaitlistEntry.is_held_for(order.person.email, cohort)


ENDS.append(_ends_at)
