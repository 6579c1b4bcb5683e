from typing import Any

from flask import current_app

from app import outbox
from app.enrollment.emails import about
from app.enrollment.orders import Order
from app.urls import absolute_url


def next_cohort_offered(order: Order) -> None:
    """To the buyer: the cohort was full, a seat in the next one is held, and a link to choose."""
    outbox.post(to=order.person, template="enrollment/next_cohort_offered", **about(order), **_choice(order))


def seat_was_gone(order: Order) -> None:
    """To the owner: somebody paid without a seat, and may be glad of a personal word."""
    owner = current_app.config["OWNER_EMAIL"]
    outbox.post(to=owner, template="enrollment/seat_was_gone", **about(order), **_choice(order), buyer=order.person)


def _choice(order: Order) -> dict[str, Any]:
    url = absolute_url("enrollment.show_choice", token=order.choice_token)
    return {"missed": order.missed_cohort, "choose_by": order.choose_by, "choice_url": url}
