"""What enrollment holds of a person: orders, which are the books, and places in the course."""

from typing import Any

from sqlalchemy import select

from app.enrollment.cohorts import Cohort
from app.enrollment.department.models import Seat
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.payments import books
from app.people import records
from app.people.address_changes import AddressChange
from app.people.models import Person

STILL_OPEN = (
    "A purchase is not decided yet: its payment page is open, or the bank has not answered. Please come back when it "
    "is; a payment page closes within three quarters of an hour."
)
STILL_TO_CHOOSE = (
    "A payment waits for your answer: whether you take the seat that is held for you, or have it back. The link "
    "to choose is in the e-mail about it."
)
THE_BOOKS = (
    "your paid orders, each with its number, date, amount, course, the name on the receipt and who paid, because the "
    "law asks us to keep our books. No e-mail address stands in them"
)
SEAT = (
    "your seat in {cohort}, which stays taken: nobody can use the enrollment any more, and only a full refund frees it"
)
UNPAID = "the numbers and dates of purchases that were begun and not paid, without your name"


def _orders(person: Person) -> list[Order]:
    return list(db.session.scalars(select(Order).filter_by(person_id=person.id).order_by(Order.id)))


def _export(person: Person) -> dict[str, Any]:
    places = select(Enrollment).filter_by(person_id=person.id).order_by(Enrollment.id)
    of_orders = [records.row(order, number=order.number, cohort=order.cohort.name) for order in _orders(person)]
    of_places = [records.row(place, cohort=place.cohort.name) for place in db.session.scalars(places)]
    return {"orders": of_orders, "places": of_places} if of_orders or of_places else {}


def _lock(person: Person) -> None:
    """Cohorts, and then orders, come before a person in whatever locks them: the person's own orders, those by which a
    department gave, or means to give, the person a place, and cohorts for whose seats they wait."""
    places = select(Enrollment).filter_by(person_id=person.id)
    concerned = {order.id: order for order in _orders(person)}
    concerned |= {place.order_id: place.order for place in db.session.scalars(places)}
    concerned |= {seat.order_id: seat.order for seat in Seat.inviting(AddressChange.addresses_of(person))}
    waited_for = db.session.scalars(select(Cohort).join(WaitlistEntry).where(WaitlistEntry.person_id == person.id))
    cohorts = {*waited_for, *(order.cohort for order in concerned.values())}
    for cohort in sorted(cohorts, key=lambda cohort: cohort.in_order):
        Cohort.for_update(cohort.id)
    for order in sorted(concerned.values(), key=lambda order: (order.cohort.in_order, order.id)):
        Order.for_update(order.id)


def _hindrance(person: Person) -> str:
    orders = _orders(person)
    if any(order.has_to_choose for order in orders):
        return STILL_TO_CHOOSE
    return STILL_OPEN if any(not (order.paid_at or order.failed_at or order.expired_at) for order in orders) else ""


def _kept(person: Person) -> str:
    bought = select(Enrollment).join(Enrollment.order).where(Order.person_id == person.id)
    standing = bought.where(Enrollment.person_id == person.id, Enrollment.ended_at.is_(None)).order_by(Enrollment.id)
    seats = [SEAT.format(cohort=place.cohort.name) for place in db.session.scalars(standing)]
    return "; ".join(filter(None, [books.kept(_orders(person), THE_BOOKS, UNPAID), *seats]))


def _erase(person: Person) -> None:
    books.leave(_orders(person), AddressChange.addresses_of(person))


records.register(
    "course",
    records.Part(
        "your way into the classroom. Erasing gives no money back: if you want a refund, ask for it first",
        _export,
        _erase,
        hindrance=_hindrance,
        kept=_kept,
        lock=_lock,
        is_private=True,
    ),
)
