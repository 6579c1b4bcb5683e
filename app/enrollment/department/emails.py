from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app import outbox
from app.enrollment.department.models import Seat, department_token
from app.enrollment.emails import about, about_place, about_place_among_others, gone_back
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.urls import absolute_url

DATA = (
    "What you type is kept for the course. {buyer} sees your name, your address, the day you claim the seat, whether "
    "you have opened a lesson yet, whether your place has ended and to which cohort it moved, if you move it, and "
    "nothing more of what you do in the course unless you allow that in the classroom."
)


def data_wording(order: Order) -> str:
    """What happens with what somebody types who claims a seat."""
    return DATA.format(buyer=order.buyer or "Whoever bought the seats")


def department_ready(order: Order) -> None:
    """The receipt, and the page from which the seats are handed out, to the buyer."""
    outbox.post(to=order.person, template="enrollment/department_ready", **about(order), **_page(order))


def department_links(person: Person, orders: Sequence[Order]) -> None:
    """The pages of the seats that the person bought for others."""
    pages = [(order, _page(order)["department_url"]) for order in orders]
    outbox.post(to=person, template="enrollment/department_links", pages=pages)


def no_department(address: str) -> None:
    """To an address from which no seats were bought for others."""
    url = absolute_url("enrollment.show_course")
    outbox.post(to=address, template="enrollment/no_department", course_url=url)


def seat_invitation(seat: Seat) -> None:
    """The link that claims the seat, to whoever the department invites."""
    url = absolute_url("enrollment.show_seat", token=seat.claim_token)
    about_it = about(seat.order) | {"seat": seat, "claim_url": url, "data": data_wording(seat.order)}
    outbox.post(to=seat.invited_email, template="enrollment/seat_invitation", **about_it)


def seat_claimed(enrollment: Enrollment, link_good_for: timedelta) -> None:
    """The dates and a link that signs in, to whoever claimed a seat."""
    code, _ = SignInCode.issue(enrollment.person, next_path="/learn/", good_for=link_good_for)
    outbox.post(
        to=enrollment.person,
        template="enrollment/seat_claimed",
        url=absolute_url("people.confirm_sign_in", token=code.link_token),
        sign_in_url=absolute_url("people.sign_in"),
        link_days=link_good_for.days,
        data=data_wording(enrollment.order),
        **about_place(enrollment),
    )


def seat_not_needed(person: Person, order: Order) -> None:
    """To somebody with whose address a seat was claimed in a cohort where they have a place."""
    sign_in_url = absolute_url("people.sign_in", next="/learn/")
    outbox.post(to=person, template="enrollment/seat_not_needed", sign_in_url=sign_in_url, **about(order))


def seat_ended(enrollment: Enrollment, *, is_freed: bool = False) -> None:
    """To whoever claimed a seat: the department has its payment back, or has freed the seat, so the place is over."""
    about_it = about_place_among_others(enrollment) | {"is_freed": is_freed}
    outbox.post(to=enrollment.person, template="enrollment/seat_ended", **about_it)


def seats_unclaimed(order: Order, number: int) -> None:
    """To the buyer, a while before the course begins: so many seats are nobody's yet."""
    outbox.post(to=order.person, template="enrollment/seats_unclaimed", number=number, **about(order), **_page(order))


def department_refunded(order: Order, cents: int) -> None:
    """To the buyer: so much goes back now, all or the rest of it, and the seats are given up."""
    about_it = about(order) | gone_back(order, cents)
    outbox.post(to=order.person, template="enrollment/department_refunded", **about_it)


def department_disputed(order: Order, news: str) -> None:
    """To the buyer: the payer's bank has "opened" a dispute, or it is "won" or "lost"."""
    outbox.post(to=order.person, template="enrollment/department_disputed", news=news, **about(order), **_page(order))


def _page(order: Order) -> dict[str, Any]:
    return {"department_url": absolute_url("enrollment.show_department", token=department_token(order))}
