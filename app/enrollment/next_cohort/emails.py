from typing import Any

from flask import current_app

from app import outbox
from app.enrollment.emails import about
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.payments.wording import money
from app.urls import absolute_url


def next_cohort_offered(order: Order) -> None:
    """To the buyer: no seat is left in the cohort they paid for, one in the next is held, and a link to choose."""
    outbox.post(to=order.person, template="enrollment/next_cohort_offered", **about(order), **_choice(order))


def seat_was_gone(order: Order) -> None:
    """To the owner: somebody paid without a seat, and may be glad of a personal word."""
    owner = current_app.config["OWNER_EMAIL"]
    outbox.post(to=owner, template="enrollment/seat_was_gone", **about(order), **_choice(order), buyer=order.person)


def moved(place: Enrollment) -> None:
    """To the learner: the dates of the cohort that the place was moved to."""
    sign_in_url = absolute_url("people.sign_in", next="/learn/")
    outbox.post(to=place.person, template="enrollment/moved", sign_in_url=sign_in_url, **_about_place(place))


def learner_moved(place: Enrollment) -> None:
    """To the owner: somebody has moved to a later cohort."""
    owner = current_app.config["OWNER_EMAIL"]
    outbox.post(to=owner, template="enrollment/learner_moved", learner=place.person, **_about_place(place))


def _about_place(place: Enrollment) -> dict[str, Any]:
    return {"cohort": place.cohort, "before": place.moved_from, "course": place.cohort.course, "order": place.order}


def _choice(order: Order) -> dict[str, Any]:
    left = money(order.left_cents, order.currency)
    is_all = order.left_cents == order.paid_cents
    return {
        "missed": order.missed_cohort,
        "choose_by": order.choose_by,
        "had_places": bool(Enrollment.ever_of(order)),
        "choice_url": absolute_url("enrollment.show_choice", token=order.choice_token),
        "gives_back": f"the full {left} goes back" if is_all else f"{left}, what is left of your payment, goes back",
    }
