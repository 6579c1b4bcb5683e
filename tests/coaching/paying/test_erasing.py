"""Erasing somebody who paid: what is ahead is called off and paid back, and only the books stay."""

import json

import pytest

from app.extensions import db
from app.payments.stripe_events import StripeEvent
from app.people import records
from app.people.models import Person
from tests.coaching.paying.conftest import PRICE
from tests.races import fresh_rows

ADA = "ada@example.org"


def erase() -> None:
    with fresh_rows():
        records.erase(Person.with_email(ADA))
        db.session.commit()


def test_what_was_paid_and_is_ahead_goes_back_and_the_books_stay(desk, stripe, mail):
    stripe.pay(desk.go_to_pay())
    desk.hear()
    with fresh_rows():
        told = json.loads(records.as_json(Person.with_email(ADA)))["payments for consultations"]
        assert (told[0]["amount_cents"], told[0]["kind"]) == (PRICE, "Deep dive")
    erase()
    with fresh_rows():
        [told] = mail.to(ADA)
        assert told.calendar_method == "CANCEL"
        assert "You get back all of it" in told.body
    desk.work()
    assert (desk.owed, desk.given_back, desk.is_free, desk.consultations) == (["called off"], PRICE, True, [])
    assert (desk.payment.name, desk.payment.checkout_url) == ("Ada Lovelace", None)
    with fresh_rows():
        assert ADA not in "".join(db.session.scalars(db.select(StripeEvent.payload)))
    desk.hear()
    assert desk.payment.state == "refunded"
    assert mail.to(ADA, "coaching/payment_returned") == []


def test_nobody_is_erased_while_their_page_is_open(desk):
    desk.go_to_pay()
    with pytest.raises(records.CannotErase, match="is being paid for"):
        erase()
    assert not desk.is_free


def test_what_was_never_paid_keeps_no_name_and_a_late_payment_still_goes_back(desk, stripe, later):
    session = desk.go_to_pay()
    desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    erase()
    assert desk.payment.name == ""
    stripe.sandbox.store.get("checkout.session", session).update(status="open")
    stripe.pay(session)
    desk.hear()
    assert (desk.owed, desk.given_back) == (["time gone"], PRICE)
