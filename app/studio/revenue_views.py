"""What was paid minus what went back, by month and by cohort: added up in the database, a few queries in all."""

from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, Subquery, case, func, select

from app.clock import in_utc, in_zone, now
from app.coaching.paying.models import ConsultationPayment
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.payments import disputes
from app.studio.blueprint import bp
from app.studio.owner_clock import zone

MONTHS = 12
CONSULTATIONS = "Consultations"
SOLD: dict[str, Any] = {"Course": Order, CONSULTATIONS: ConsultationPayment}


class Line(NamedTuple):
    """What was paid in one currency for one thing, and how much of it went back."""

    words: str
    currency: str
    paid_cents: int
    back_cents: int

    @property
    def left_cents(self) -> int:
        return self.paid_cents - self.back_cents


@bp.get("/revenue")
def show_revenue() -> ResponseReturnValue:
    months = _by_month()
    lines = [line for _, of_month in months for line in of_month]
    cohorts = _by_cohort() + _of_consultations()
    return render_template("studio/revenue.html", months=months, totals=_totals(lines), cohorts=cohorts)


def _by_month() -> list[tuple[date, list[Line]]]:
    """The latest months in which something was paid, newest first."""
    firsts = _firsts_of_months()
    found = []
    for words, purchase in SOLD.items():
        month = case(*((purchase.paid_at >= _midnight(day), place) for place, day in enumerate(firsts)))
        paid = _paid(purchase, month.label("place"), purchase.paid_at >= _midnight(firsts[-1]))
        for place, *sums in db.session.execute(_sums(paid, paid.c.place)):
            found.append((place, Line(words, *sums)))
    # The course comes before consultations, for sorting keeps their order.
    found.sort(key=lambda each: (each[0], each[1].currency))
    return [(firsts[place], [line for _, line in lines]) for place, lines in groupby(found, lambda each: each[0])]


def _by_cohort() -> list[Line]:
    """The latest to begin first, at one's own pace before them."""
    paid = _paid(Order, Order.cohort_id.label("cohort_id"), Order.paid_at.is_not(None))
    sums = _sums(paid, paid.c.cohort_id).subquery()
    named = select(Cohort.name, *list(sums.c)[1:]).join(sums, sums.c.cohort_id == Cohort.id)
    latest = (Cohort.starts_on.is_not(None), Cohort.starts_on.desc(), Cohort.id.desc(), sums.c.currency)
    return [Line(*row) for row in db.session.execute(named.order_by(*latest))]


def _of_consultations() -> list[Line]:
    paid = _paid(ConsultationPayment, ConsultationPayment.kind_id, ConsultationPayment.paid_at.is_not(None))
    by_kind = db.session.execute(_sums(paid, paid.c.kind_id))
    return _totals([Line(CONSULTATIONS, *sums) for _, *sums in by_kind])


def _paid(purchase: Any, group: Any, condition: Any) -> Subquery:
    """Payments with `group`. What the payer's bank has kept after a dispute went back."""
    kept = {
        disputes.LOST: purchase.paid_cents,
        disputes.LOST_IN_PART: purchase.refunded_cents + purchase.disputed_cents,
    }
    back = case(kept, value=purchase.dispute_status, else_=purchase.refunded_cents).label("back_cents")
    return select(group, purchase.currency, purchase.paid_cents, back).where(condition).subquery()


def _sums(paid: Subquery, group: Any) -> Select[Any]:
    paid_cents, back_cents = func.sum(paid.c.paid_cents), func.sum(paid.c.back_cents)
    sums = select(group, paid.c.currency, paid_cents.label("paid_cents"), back_cents.label("back_cents"))
    return sums.group_by(group, paid.c.currency)


def _totals(lines: list[Line]) -> list[Line]:
    """They all together, for each currency."""
    totals: dict[str, Line] = {}
    for line in lines:
        so_far = totals.get(line.currency, Line(line.words, line.currency, 0, 0))
        paid_cents, back_cents = so_far.paid_cents + line.paid_cents, so_far.back_cents + line.back_cents
        totals[line.currency] = so_far._replace(paid_cents=paid_cents, back_cents=back_cents)
    return [totals[currency] for currency in sorted(totals)]


def _firsts_of_months() -> list[date]:
    """The first days of the latest months on the owner's calendar, newest first."""
    today = in_zone(now(), zone())
    latest = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(latest, latest - MONTHS, -1)]


def _midnight(day: date) -> datetime:
    """When `day` begins on the owner's clock."""
    return in_utc(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone())))
