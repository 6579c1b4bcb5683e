from datetime import datetime
from typing import Any

from flask import current_app

from app import outbox
from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.booking.diary import Diary
from app.coaching.paying.models import ConsultationPayment
from app.coaching.paying.wording import BACK
from app.payments.checkouts import Checkout
from app.payments.wording import day, in_dispute, money
from app.people.models import Person
from app.urls import absolute, absolute_url

MOST_SHOWN = 6


def time_gone(payment: ConsultationPayment, cents: int) -> None:
    """To the person: it was paid for, but somebody else has the time; the money goes back, and what is still free."""
    _to_person(payment, "time_gone", free=_still_free(payment), **_back(payment, cents))


def paid_twice(payment: ConsultationPayment, cents: int) -> None:
    _to_person(payment, "paid_twice", **_back(payment, cents))


def payment_returned(payment: ConsultationPayment, cents: int) -> None:
    """To the person: the coach gives so much back, all that was paid or the rest of it."""
    before = payment.paid_cents - payment.kept_by_bank_cents - cents
    _to_person(payment, "payment_returned", **_gone_back(payment, cents, before))


def partly_refunded(payment: ConsultationPayment, cents: int) -> None:
    """To the person: a part of what was paid has gone back, or once more what did not arrive; nothing else changes."""
    gone_back = _gone_back(payment, cents, payment.refunded_cents - cents)
    _to_person(payment, "partly_refunded", is_again=payment.went_back_again(cents), **gone_back)


def payment_sent_back(payment: ConsultationPayment, cents: int, reason: str) -> None:
    """To the owner: the site gives a payment back by itself, because of this."""
    _to_owner(payment, "payment_sent_back", reason=reason, **_back(payment, cents))


def refund_failed(payment: ConsultationPayment, cents: int) -> None:
    """To the owner: the payer's bank did not take what was given back, so it is with Stripe again."""
    _to_owner(payment, "refund_failed", studio_url=_studio_url(payment), **_back(payment, cents))


def payment_mismatch(payment: ConsultationPayment, checkout: Checkout) -> None:
    """To the owner: Stripe's amount is not ours, so nothing was booked and somebody has to look."""
    paid = money(checkout.amount_cents, checkout.currency)
    _to_owner(payment, "payment_mismatch", paid=paid, session_id=checkout.session_id)


def mismatch_noted(payment: ConsultationPayment) -> None:
    """To the person: what was paid is not what we asked for, and a person looks into it."""
    _to_person(payment, "mismatch_noted")


def payment_disputed(payment: ConsultationPayment, news: str, goes_back: bool) -> None:
    """To the owner: the payer's bank "asked" and has "closed" that, has "opened" a dispute, or it is "won", "lost" or
    "lost in part", so that what was owed back before `goes_back`.
    """
    owners_zone = Person.zone_of(current_app.config["OWNER_EMAIL"])
    _to_owner(payment, "payment_disputed", news=news, goes_back=goes_back, **in_dispute(payment, owners_zone))


def _to_person(payment: ConsultationPayment, name: str, **context: Any) -> None:
    outbox.post(to=payment.person, template=f"coaching/{name}", **_about(payment), **context)


def _to_owner(payment: ConsultationPayment, name: str, **context: Any) -> None:
    outbox.post(
        to=current_app.config["OWNER_EMAIL"],
        template=f"coaching/{name}",
        buyer=payment.person,
        **_about(payment),
        **context,
    )


def _about(payment: ConsultationPayment) -> dict[str, Any]:
    return {
        "payment": payment,
        "kind": payment.kind,
        "consultation": payment.consultation,
        "amount": money(payment.amount_cents, payment.currency),
        "paid_on": day((payment.paid_at or now()).date()),
        "back": BACK,
        "book_url": absolute_url("coaching.show_picker", kind=payment.kind.slug),
    }


def _back(payment: ConsultationPayment, cents: int) -> dict[str, Any]:
    """What goes back now, and whether it is the rest after a part."""
    return {"returned": money(cents, payment.currency), "is_rest": cents < payment.paid_cents}


def _gone_back(payment: ConsultationPayment, cents: int, before: int) -> dict[str, Any]:
    """As `_back`, and what went back `before`, if anything did."""
    rows = [("Returned before", before), ("Returned now", cents)] if before > 0 else []
    return _back(payment, cents) | {"sums": [(words, money(each, payment.currency)) for words, each in rows]}


def _studio_url(payment: ConsultationPayment) -> str:
    """Where the owner sees it: with the consultation, or, where that is erased, with its person."""
    whose = f"consultations/{payment.consultation_id}" if payment.consultation_id else f"people/{payment.person_id}"
    return absolute(f"/studio/{whose}")


def _still_free(payment: ConsultationPayment) -> list[datetime]:
    diaries = Diary.read(payment.kind, Coach.active())
    return sorted({starts_at for diary in diaries for starts_at in diary.free()})[:MOST_SHOWN]
