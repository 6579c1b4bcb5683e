"""Handing seats out by mail, and giving an unclaimed one to somebody else."""

from collections.abc import Sequence
from datetime import timedelta

from app.enrollment.department import emails
from app.enrollment.department.models import Seat
from app.enrollment.department.pasted import Invited
from app.enrollment.orders import Order
from app.people.link_mailings import LinkMailing
from app.people.models import Person

AGAIN_AFTER = timedelta(minutes=10)


class NotNow(Exception):
    """Nobody was invited. The message, for whoever asked, says why and what to do."""


def invite(order: Order, invited: Sequence[Invited]) -> None:
    """Mail each a link of their own. All are invited or none. Lock the order first. Raises NotNow.

    Who was invited before gets the same link again. Otherwise the last seats go first, because whoever hands links out
    by hand begins with the first.
    """
    seats = Seat.of_order(order)
    _refuse_those_who_have_one(seats, invited)
    waiting = {seat.invited_email: seat for seat in seats if seat.invited_email}
    spare = [seat for seat in seats if not (seat.enrollment_id or seat.invited_email)]
    new = [each for each in invited if each.email not in waiting]
    if len(new) > len(spare):
        unclaimed = sum(seat.enrollment_id is None for seat in seats)
        raise NotNow(_too_many(len(new), len(spare), unclaimed))
    for each in invited:
        if not LinkMailing.claim(f"seat of {order.id}", Person.counted_as(each.email), every=AGAIN_AFTER):
            raise NotNow(
                f"We wrote to {each.email} a short while ago, or often today, so nothing was sent. "
                "Take that address out, or give them their link yourself."
            )
        seat = waiting.get(each.email) or spare.pop()
        seat.invite(each.email, each.name or seat.invited_name)
        emails.seat_invitation(seat)


def _refuse_those_who_have_one(seats: Sequence[Seat], invited: Sequence[Invited]) -> None:
    claimed = {seat.enrollment.person.email for seat in seats if seat.enrollment}
    if have := [each.email for each in invited if each.email in claimed]:
        words = f"{have[0]} has claimed a seat already. Please take that address out."
        raise NotNow(words)


def _too_many(number: int, spare: int, unclaimed: int) -> str:
    if not unclaimed:
        return "Every seat is claimed, so there is none left to invite to."
    if not spare:
        return "Every seat that is not claimed has an invitation. Give one of them a new link first: it is free then."
    left = "One seat is" if spare == 1 else f"{spare} seats are"
    return f"{left} left to invite to, and these are {number} new addresses. Please take some out."
