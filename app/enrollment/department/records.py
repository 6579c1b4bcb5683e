"""What seats hold of a person: that a department invited them, and the seats they bought for others."""

from typing import Any

from sqlalchemy import select

from app.enrollment.department.models import Seat
from app.enrollment.orders import Order
from app.extensions import db
from app.people import records
from app.people.address_changes import AddressChange
from app.people.models import Person


def _bought(person: Person) -> list[Seat]:
    seats = select(Seat).join(Seat.order).where(Order.person_id == person.id)
    return list(db.session.scalars(seats.order_by(Seat.order_id, Seat.position)))


def _export(person: Person) -> dict[str, Any]:
    invitations = [
        records.row(seat, by=seat.order.buyer, cohort=seat.order.cohort.name)
        for seat in Seat.inviting(AddressChange.addresses_of(person))
    ]
    # Whom they invited is not theirs to be told here: it is those people's own.
    bought = [
        {"order": seat.order.number, "position": seat.position, "claimed_at": records.plain(seat.claimed_at)}
        for seat in _bought(person)
    ]
    told = {"invitations": invitations, "bought_for_others": bought}
    return {key: value for key, value in told.items() if value}


def _erase(person: Person) -> None:
    """The link that was mailed goes with it: whoever reads that mailbox now was not invited."""
    for seat in Seat.inviting(AddressChange.addresses_of(person)):
        seat.reassign()


records.register(
    "seats",
    records.Part("invitations to a seat that a department bought", _export, _erase, is_private=True),
)
