"""What became of what a paper states: what its check page adds to it."""

from datetime import datetime
from typing import NamedTuple

from app.clock import in_zone
from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.enrollment.papers.models import RECEIPT, Paper
from app.payments import disputes
from app.payments.wording import day, money


class Standing(NamedTuple):
    """In sentences, empty where there is nothing to say: what was paid back, whether the place stands, where it is."""

    refund: str
    place: str

    @classmethod
    def of(cls, paper: Paper) -> "Standing":
        return cls(_refund(paper), _place(paper))


def since_issued(paper: Paper) -> str:
    """What a receipt could not state, as it came about later. One for a place that had ended says so by itself."""
    order, standing = paper.order, Standing.of(paper)
    paid_back = (order.refund_noted_at, order.disputed_at, order.dispute_ended_at) if order else ()
    refund = standing.refund if any(at and at > paper.issued_at for at in paid_back) else ""
    place = "" if paper.facts.get("ended_on") else standing.place
    return " ".join(sentence for sentence in (refund, place) if sentence)


def _refund(paper: Paper) -> str:
    order = paper.order
    if paper.kind != RECEIPT or order is None:
        return ""
    if order.dispute_status == disputes.LOST:
        return "The payer's bank has taken this payment back."
    dispute = "The payer's bank is looking into a dispute about this payment." if order.is_disputed else ""
    return " ".join(sentence for sentence in (_paid_back(paper, order), dispute) if sentence)


def _paid_back(paper: Paper, order: Order) -> str:
    if not order.refunded_cents and not order.kept_by_bank_cents:
        return ""
    at, zone = order.refund_noted_at, order.cohort.time_zone
    when = f" as of {_on(at, zone)}" if at else ""
    whose = f"Of the whole order of {order.seats} seats, " if paper.facts["shared_by"] else ""
    back_cents = order.refunded_cents + order.kept_by_bank_cents
    back = f"{whose}{money(back_cents, order.currency)} of {money(order.paid_cents, order.currency)}"
    return f"{back} has been paid back{when}."


def _place(paper: Paper) -> str:
    place = paper.enrollment
    if place and place.ended_at:
        return f"The enrollment ended on {_on(place.ended_at, place.cohort.time_zone)}."
    return _moved(paper)


def _moved(paper: Paper) -> str:
    """To which cohort its place or seats moved since it was issued, or to which days that one was; empty if neither."""
    place = paper.enrollment
    if place is None:
        return _seats_moved(paper)
    if not place.moved_at or place.cohort.name == paper.facts["cohort"]:
        return _new_dates(paper, place.cohort)
    moved_on = _on(place.moved_at, place.cohort.time_zone)
    return f"Moved on {moved_on}, to {place.cohort.name}: {place.cohort.dates}."


def _seats_moved(paper: Paper) -> str:
    """A department took seats in a later cohort instead of those it had bought."""
    order = paper.order
    if order is None or order.has_to_choose or not order.seats_held:
        return ""
    if order.cohort.name == paper.facts["cohort"]:
        return _new_dates(paper, order.cohort)
    return f"The seats are in {order.cohort.name} now: {order.cohort.dates}."


def _new_dates(paper: Paper, cohort: Cohort) -> str:
    # At one's own pace, a paper adds from when there is access.
    return "" if paper.facts["dates"].startswith(cohort.dates) else f"The dates are now: {cohort.dates}."


def _on(moment: datetime, zone: str) -> str:
    return day(in_zone(moment, zone))
