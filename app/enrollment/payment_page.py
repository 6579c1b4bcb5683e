"""Stripe's page for an order: what is sold, to whom, and what of it stands on the invoice."""

from typing import Any

from app.enrollment.orders import Order
from app.payments.pages import PageWanted, Product
from app.payments.wording import money
from app.urls import absolute_url

LONGEST_VALUE = 140  # Of a custom field of an invoice: https://docs.stripe.com/api/checkout/sessions/create.


def page_wanted(order: Order) -> PageWanted:
    cohort, course = order.cohort, order.cohort.course
    return PageWanted.of(
        order,
        Product("course", course.slug, course.title, course.description),
        email=order.person.email,
        what=f"{course.title}, {cohort.name}",
        note=f"Your cohort: {cohort.name}, {_dates(order)}.{_seats(order)}",
        paid_url=absolute_url("enrollment.complete_checkout"),
        left_url=absolute_url("enrollment.show_cancelled", order=order.public_id),
        tax=course.tax,
        more=_asked_besides(order),
    )


def _asked_besides(order: Order) -> dict[str, Any]:
    if not order.amount_cents:
        return {}
    asked: dict[str, Any] = {
        "allow_promotion_codes": True,
        "tax_id_collection": {"enabled": True},
        # A code for who buys the first time needs somebody to know it by.
        "customer_creation": "always",
        "invoice_creation": {"enabled": True, "invoice_data": _invoice(order)},
    }
    # A page that is brought back within 30 days has its price of today, when the early one may be over.
    if order.wants_reminder and not order.is_early:
        asked["after_expiration"] = {"recovery": {"enabled": True, "allow_promotion_codes": True}}
    return asked


def _invoice(order: Order) -> dict[str, Any]:
    """What stands on Stripe's invoice beside who pays, which the payer says there."""
    cohort, course = order.cohort, order.cohort.course
    fields = {
        "Course": course.title,
        "Cohort": f"{cohort.name}, {_dates(order)}",
        "For" if order.seats == 1 else "Ordered by": order.name,
        "Department or organization": order.organization,
    }
    return {
        "description": f"{course.title}, {cohort.name}",
        "custom_fields": [{"name": name, "value": value[:LONGEST_VALUE]} for name, value in fields.items() if value],
        "footer": f"Order {order.number}. {course.credit_statement}",
        "metadata": {"order": order.public_id},
    }


def _dates(order: Order) -> str:
    return "at your own pace" if order.cohort.is_self_paced else order.cohort.dates


def _seats(order: Order) -> str:
    if order.seats == 1:
        return ""
    return f" {order.seats} seats at {money(order.amount_cents // order.seats, order.currency)} each."
