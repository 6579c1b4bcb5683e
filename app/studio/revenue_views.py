"""What was paid minus what went back, by month and by cohort, twelve months at a time: added up in the database."""

from collections.abc import Callable, Hashable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Subquery, and_, case, exists, func, literal, or_, select

from app.clock import in_utc, in_zone, now
from app.coaching.paying.models import ConsultationPayment
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.payments import disputes
from app.studio.blueprint import bp
from app.studio.owner_clock import zone

MONTHS = 12
# No site is older; what an address says beyond it makes no sense.
EARLIEST = date(2000, 1, 1)
CONSULTATIONS = "Consultations"


class Line(NamedTuple):
    """What was paid in one currency in the month that begins with `first`, and how much of it went back.

    `thing` is the course or consultations; `name` is the cohort's, where there is one.
    """

    first: date
    thing: str
    cohort_id: int | None
    name: str
    currency: str
    paid_cents: int
    back_cents: int

    @property
    def left_cents(self) -> int:
        return self.paid_cents - self.back_cents


class Months(NamedTuple):
    """Twelve months on the owner's calendar; `last` and `latest` are the first days of theirs and of this month."""

    last: date
    latest: date

    @classmethod
    def until(cls, text: str) -> "Months":
        """Those that end with a month such as "2025-11", and the latest for whatever makes no sense."""
        latest = in_zone(now(), zone()).date().replace(day=1)
        try:
            last = date.fromisoformat(f"{text}-01")
        except ValueError:
            last = latest
        return cls(last if EARLIEST <= last <= latest else latest, latest)

    @property
    def firsts(self) -> list[date]:
        """The first days of all of them, newest first."""
        return [_months_after(self.last, -number) for number in range(MONTHS)]

    @property
    def earlier(self) -> str:
        return f"{_months_after(self.last, -MONTHS):%Y-%m}"

    @property
    def later(self) -> str:
        """Empty where no later month has begun."""
        return "" if self.last == self.latest else f"{min(_months_after(self.last, MONTHS), self.latest):%Y-%m}"

    @property
    def begin_at(self) -> datetime:
        return _midnight(self.firsts[-1])

    @property
    def end_at(self) -> datetime:
        return _midnight(_months_after(self.last, 1))


@bp.get("/revenue")
def show_revenue() -> ResponseReturnValue:
    months = Months.until(request.args.get("until", ""))
    found = _of_course(months) + _of_consultations(months)
    return render_template(
        "studio/revenue.html",
        months=months,
        lines=_by_month(found),
        totals=sorted(_together(found, lambda line: line.currency), key=lambda line: line.currency),
        cohorts=_together(found, lambda line: (line.cohort_id, line.currency)),
        has_earlier=_was_paid_before(months.begin_at),
    )


def _of_course(months: Months) -> list[Line]:
    """For each cohort, the latest to begin first, at one's own pace before them."""
    sums = _sums(Order, Order.cohort_id, months)
    named = select(sums.c.place, sums.c.group, Cohort.name, sums.c.currency, sums.c.paid_cents, sums.c.back_cents)
    latest = (Cohort.starts_on.is_not(None), Cohort.starts_on.desc(), Cohort.id.desc(), sums.c.currency)
    rows = db.session.execute(named.join(Cohort, Cohort.id == sums.c.group).order_by(*latest))
    return [Line(months.firsts[place], "Course", *row) for place, *row in rows]


def _of_consultations(months: Months) -> list[Line]:
    sums = _sums(ConsultationPayment, literal(0), months)
    rows = db.session.execute(select(sums).order_by(sums.c.currency))
    return [Line(months.firsts[place], CONSULTATIONS, None, CONSULTATIONS, *row) for place, _, *row in rows]


def _sums(purchase: Any, group: Any, months: Months) -> Subquery:
    """What was paid in each month (its `place` among them), `group` and currency, and what of it went back."""
    begins = enumerate(_midnight(day) for day in months.firsts)
    place = case(*((purchase.paid_at >= begin, place) for place, begin in begins)).label("place")
    # What the payer's bank has kept after a dispute went back.
    kept = {
        disputes.LOST: purchase.paid_cents,
        disputes.LOST_IN_PART: purchase.refunded_cents + purchase.disputed_cents,
    }
    back = case(kept, value=purchase.dispute_status, else_=purchase.refunded_cents).label("back_cents")
    in_them = and_(purchase.paid_at >= months.begin_at, purchase.paid_at < months.end_at)
    wanted = select(place, group.label("group"), purchase.currency, purchase.paid_cents, back).where(in_them)
    paid = wanted.subquery().c
    alike = (paid.place, paid.group, paid.currency)
    sums = (func.sum(column).label(column.name) for column in (paid.paid_cents, paid.back_cents))
    return select(*alike, *sums).group_by(*alike).subquery()


def _was_paid_before(moment: datetime) -> bool:
    paid = (exists().where(purchase.paid_at < moment) for purchase in (Order, ConsultationPayment))
    return bool(db.session.scalar(select(or_(*paid))))


def _by_month(found: list[Line]) -> list[Line]:
    """Newest first; in a month, by currency, the course before consultations."""
    lines = _together(found, lambda line: (line.first, line.thing, line.currency))
    return sorted(sorted(lines, key=lambda line: line.currency), key=lambda line: line.first, reverse=True)


def _together(lines: Iterable[Line], alike: Callable[[Line], Hashable]) -> list[Line]:
    """One line for those that are `alike`, in the order in which the first of each came."""
    together: dict[Hashable, Line] = {}
    for line in lines:
        if so_far := together.get(key := alike(line)):
            paid_cents, back_cents = so_far.paid_cents + line.paid_cents, so_far.back_cents + line.back_cents
            line = so_far._replace(paid_cents=paid_cents, back_cents=back_cents)
        together[key] = line
    return list(together.values())


def _months_after(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def _midnight(day: date) -> datetime:
    """When `day` begins on the owner's clock."""
    return in_utc(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone())))
