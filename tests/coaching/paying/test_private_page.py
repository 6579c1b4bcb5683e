"""The private page of what has a price, from the payment page to the money's way back."""

import pytest

from app.coaching.completing import complete
from app.coaching.models import Consultation
from app.coaching.refusals import NotBegun
from app.extensions import db
from tests.races import fresh_rows


@pytest.fixture
def path(desk):
    def of_link():
        return f"/coaching/consultations/{desk.consultations[0].link_token}"

    return of_link


def test_while_it_is_being_paid_the_page_leads_to_the_payment_and_changes_nothing(desk, path):
    desk.go_to_pay()
    page = desk.get(path()).text
    assert "Your time is held while you pay" in page
    assert desk.payment.checkout_url in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    for post in ("/reschedule", "/times", "/acceptance"):
        assert desk.post(path() + post, slot=desk.slot(hours=5)).status_code == 409
    assert desk.post(path() + "/details", time_zone="UTC").status_code == 409
    desk.post(path() + "/cancellation")
    assert desk.states == ["held"]
    with fresh_rows(), pytest.raises(NotBegun):
        complete(Consultation.for_update(desk.consultations[0].id))
    db.session.rollback()


def test_what_was_not_paid_in_time_says_that_nothing_was_charged(desk, path):
    desk.go_to_pay()
    desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    page = desk.get(path()).text
    assert "It was not paid in time" in page
    assert "Nothing was charged" in page
    assert "Go on to payment" not in page


def test_what_was_paid_moves_without_a_charge_and_its_cancellation_says_what_comes_back(desk, path):
    session = desk.go_to_pay()
    desk.stripe.pay(session)
    desk.hear()
    assert desk.states == ["booked"]
    assert desk.post(path() + "/reschedule", slot=desk.slot(hours=5)).status_code == 303
    assert desk.given_back == 0
    desk.post(path() + "/cancellation")
    assert "You get back all of it" in desk.get(path()).text
