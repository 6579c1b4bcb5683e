"""What a paper states, frozen when it is issued: words, days and amounts, and nothing that changes later."""

from datetime import date, datetime
from typing import Any

from flask import current_app

from app.clock import in_zone, now
from app.config import SAMPLE_ADDRESS
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.payments.wording import day, money
from app.urls import absolute_url

Facts = dict[str, Any]
NOT_GIVEN = "Name not given"
TAX_ON_TOP = ", plus tax where it is due"


def of_receipt(order: Order, enrollment: Enrollment | None, share: int = 0) -> Facts:
    """Of what an order paid: for the place of `enrollment`, or, with None, for the whole order.

    `share` is which seat of the order it is, counted from 0: cents that cannot be divided go to the first.
    """
    whole = enrollment is None or order.seats == 1
    sums = _sums(order) if whole else {key: part(cents, order.seats, share) for key, cents in _sums(order).items()}
    return {
        **_about_course(enrollment.cohort if enrollment else order.cohort, order.paid_at),
        "attendee": _attendee(enrollment) if enrollment else "",
        "payer": _payer(order),
        "seats": order.seats if whole else 1,
        "shared_by": None if whole else order.seats,
        "currency": order.currency,
        **sums,
        "paid_cents": sums["price_cents"]
        - sums["discount_cents"]
        + (0 if order.has_tax_in_price else sums["tax_cents"]),
        "tax_included": order.has_tax_in_price,
        "promotion_code": order.promotion_code,
        "method": order.payment_method,
        "paid_on": _day(order.paid_at, order.cohort),
        "order": order.number,
        "invoice_number": order.invoice_number,
        "ended_on": _day(enrollment.ended_at if enrollment else order.refunded_at, order.cohort),
        "refunded_cents": order.refunded_cents if whole else 0,
    }


def of_certificate(enrollment: Enrollment, completed_on: date) -> Facts:
    about = _about_course(enrollment.cohort, enrollment.enrolled_at)
    return about | {"attendee": _attendee(enrollment), "completed_on": completed_on.isoformat()}


def of_letter(cohort: Cohort) -> Facts:
    """The offer that a letter describes. Who writes it to whom is no part of it."""
    return _about_course(cohort, None) | {
        "fee": _fee(cohort),
        "learn": list(cohort.course.learn),
        "course_url": absolute_url("enrollment.show_course"),
        "is_dated": not cohort.is_self_paced,
    }


def part(cents: int, seats: int, share: int) -> int:
    """What falls to one of `seats`, so that all of them add up."""
    return cents // seats + (share % seats < cents % seats)


def _about_course(cohort: Cohort, access_from: datetime | None) -> Facts:
    course, config = cohort.course, current_app.config
    address = config["POSTAL_ADDRESS"]
    begins = f", with access from {day(in_zone(access_from, cohort.time_zone))}" if access_from else ""
    return {
        "provider": {"name": config["SITE_NAME"], "address": "" if address == SAMPLE_ADDRESS else address},
        "course": course.title,
        "cohort": cohort.name,
        "dates": cohort.dates + (begins if cohort.is_self_paced else ""),
        "sessions": cohort.sessions,
        **cohort.planned_minutes,
        "syllabus": [module.title for module in course.modules],
        "credit": course.credit_statement,
        "issued_on": _day(now(), cohort),
    }


def _attendee(enrollment: Enrollment) -> str:
    """By the name they go by now; the one on the order is the buyer's."""
    is_buyer = enrollment.person_id == enrollment.order.person_id
    return (enrollment.order.name if is_buyer else "") or enrollment.person.name or NOT_GIVEN


def _sums(order: Order) -> dict[str, int]:
    return {
        "price_cents": order.amount_cents,
        "discount_cents": order.discount_cents,
        "tax_cents": order.tax_cents,
    }


def _payer(order: Order) -> dict[str, str]:
    """As told at Stripe, where it was; else the name on the order."""
    told = order.billing or {}
    return {
        "name": told.get("name") or order.name,
        "organization": told.get("business") or told.get("organization") or "",
        "address": _address(told.get("address")),
        "tax_ids": ", ".join(_tax_id(tax_id) for tax_id in told.get("tax_ids") or []),
    }


def _address(told: Any) -> str:
    """Of Stripe's address, or of one that is a line already."""
    if not isinstance(told, dict):
        return str(told or "")
    region = " ".join(str(told[key]) for key in ("state", "postal_code") if told.get(key))
    parts = [told.get("line1"), told.get("line2"), told.get("city"), region, told.get("country")]
    return ", ".join(str(part) for part in parts if part)


def _tax_id(told: Any) -> str:
    """ "EIN 12-3456789" of Stripe's us_ein; other kinds by their country, as "EU VAT DE123"."""
    if not isinstance(told, dict):
        return str(told)
    kind = str(told.get("type") or "").removeprefix("us_").replace("_", " ").upper()
    return f"{kind} {told.get('value') or ''}".strip()


def _fee(cohort: Cohort) -> str:
    currency = cohort.course.currency
    if not cohort.regular_price_cents:
        return "None"
    fee, tax = money(cohort.regular_price_cents, currency), TAX_ON_TOP if cohort.course.tax == "exclusive" else ""
    if not cohort.is_early:
        return fee + tax
    until = f" until {day(cohort.early_until)}" if cohort.early_until else ""
    first = f" for the first {cohort.early_seats} seats" if cohort.early_seats else ""
    return f"{fee}; {money(cohort.price_now_cents, currency)}{until}{first}{tax}"


def _day(moment: datetime | None, cohort: Cohort) -> str:
    """The day it was where the cohort is held."""
    return in_zone(moment, cohort.time_zone).date().isoformat() if moment else ""
