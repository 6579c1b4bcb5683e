"""What coaching holds of a person's payments, which are the books."""

from typing import Any

from sqlalchemy import select

from app.coaching.paying.models import ConsultationPayment
from app.extensions import db
from app.local_times import in_words
from app.payments import books
from app.people import records
from app.people.address_changes import AddressChange
from app.people.models import Person

THE_BOOKS = (
    "your payments for consultations, each with its number, date, amount, kind and the name on the receipt, because "
    "the law asks us to keep our books. No e-mail address stands in them"
)
UNPAID = "the numbers and dates of payments for consultations that were begun and not made, without your name"


def _payments(person: Person) -> list[ConsultationPayment]:
    mine = select(ConsultationPayment).filter_by(person_id=person.id).order_by(ConsultationPayment.id)
    return list(db.session.scalars(mine))


def _export(person: Person) -> list[dict[str, Any]]:
    return [records.row(payment, number=payment.number, kind=payment.kind.title) for payment in _payments(person)]


def _hindrance(person: Person) -> str:
    is_open = [payment for payment in _payments(person) if payment.state == "pending"]
    if not is_open:
        return ""
    last = max(is_open, key=lambda payment: payment.expires_at)
    closes = in_words(last.expires_at, last.consultation.time_zone if last.consultation else "UTC")
    return (
        "A consultation is being paid for: its payment page is open. Please come back when it is paid, or when the "
        f"page has closed, a few minutes after {closes}."
    )


def _kept(person: Person) -> str:
    return books.kept(_payments(person), THE_BOOKS, UNPAID)


def _erase(person: Person) -> None:
    books.leave(_payments(person), AddressChange.addresses_of(person))


records.register(
    "payments for consultations",
    records.Part(
        "your payments for consultations: what was paid for one that is called off goes back to you in full",
        _export,
        _erase,
        hindrance=_hindrance,
        kept=_kept,
        is_private=True,
    ),
)
