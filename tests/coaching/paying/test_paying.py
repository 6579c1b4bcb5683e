"""A consultation with a price: its time is held while one pays, and is booked once it is paid for."""

import pytest

from app.clock import in_zone
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.booking.reserved import ReservedTime
from app.coaching.managing.tasks import sweep_consultations
from app.extensions import db
from app.payments.tasks import sweep_payments
from tests.coaching.paying.conftest import PRICE
from tests.races import fresh_rows

ADA = "ada@example.org"
COACH = "owner@doctor.example.org"


def test_the_time_is_held_and_nobody_is_written_to_until_it_is_paid(desk, stripe, mail):
    session = desk.go_to_pay()
    assert stripe.sandbox.store.get("checkout.session", session)["amount_total"] == PRICE
    assert (desk.states, desk.payment.state, desk.is_free) == (["held"], "pending", False)
    assert mail.all == []
    assert desk.book(email="grace@example.org").status_code == 409


@pytest.mark.parametrize("way", ["webhook", "return page", "sweep"])
def test_paid_is_booked_once_however_we_learn_of_it(desk, stripe, mail, later, way):
    session = desk.go_to_pay()
    stripe.pay(session)
    if way == "webhook":
        desk.hear()
    elif way == "return page":
        assert "You are booked" in desk.come_back(session).text
    else:
        later(minutes=11)
        sweep_payments.call_local()
    assert (desk.states, desk.booked, desk.payment.state) == (["booked"], [desk.starts_at], "paid")
    desk.hear()
    desk.come_back(session)
    sweep_payments.call_local()
    [letter] = mail.to(ADA)
    assert letter.template == "coaching/consultation_booked"
    for told in ("$150.00", desk.payment.number, "If you cancel any time before it starts"):
        assert told in letter.body
        assert told in letter.html
    assert [told.template for told in mail.to(COACH)] == ["coaching/new_booking"]
    assert letter.calendar
    assert desk.books_balance


def test_cards_only_and_not_a_minute_longer_than_the_time_is_held(desk, stripe):
    session = stripe.sandbox.store.get("checkout.session", desk.go_to_pay())
    assert session["payment_method_types"] == ["card"]
    with fresh_rows():
        held_until = db.session.scalars(db.select(ReservedTime.held_until)).one()
    assert session["expires_at"] == held_until.timestamp()
    shown = in_zone(held_until, "America/Chicago")
    assert f"Held for you until {shown:%-I:%M %p %Z}." in session["custom_text"]["submit"]["message"]


def test_an_expired_page_frees_the_time_at_once(desk, stripe, mail, later):
    session = desk.go_to_pay()
    stripe.expire(session)
    desk.hear()
    assert (desk.payment.state, desk.states, desk.is_free) == ("expired", ["not paid"], True)
    assert "Nothing was charged" in desk.come_back(session).text
    assert mail.all == []
    desk.go_to_pay(email="grace@example.org")


def test_an_expiry_nobody_told_of_frees_the_time_and_writes_to_nobody(desk, later, mail):
    desk.go_to_pay()
    later(minutes=39)
    sweep_consultations.call_local()
    assert (desk.is_free, mail.all) == (True, [])
    desk.go_to_pay(email="grace@example.org")
    sweep_payments.call_local()
    assert [payment.state for payment in desk.payments] == ["expired", "pending"]


def test_who_turns_back_may_go_on_or_let_the_time_go(desk, stripe):
    session = desk.go_to_pay()
    left = stripe.sandbox.store.get("checkout.session", session)["cancel_url"].removeprefix("http://localhost:8000")
    page = desk.get(left)
    assert "still held for you" in page.text
    assert desk.payment.checkout_url in page.text
    assert not desk.is_free  # Looking changes nothing.
    answer = desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert answer.status_code == 303
    assert "No time is held for you" in desk.get(answer.location).text
    assert (desk.is_free, desk.payment.state) == (True, "expired")
    assert stripe.sandbox.store.get("checkout.session", session)["status"] == "expired"


def test_what_was_paid_a_moment_ago_is_booked_and_not_let_go(desk, stripe, mail):
    stripe.pay(desk.go_to_pay())
    answer = desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert "It has been paid" in desk.get(answer.location).text
    assert (desk.states, desk.booked, desk.owed) == (["booked"], [desk.starts_at], [])
    assert [letter.template for letter in mail.to(ADA)] == ["coaching/consultation_booked"]


def test_while_stripe_is_away_no_time_is_let_go_that_may_have_been_paid(desk, stripe):
    stripe.pay(desk.go_to_pay())
    stripe.fail_calls(503, path="/v1/checkout/sessions", method="POST", times=3)
    answer = desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert answer.status_code == 503
    assert "Please try again in a minute" in answer.text
    assert (desk.states, desk.is_free) == (["held"], False)
    desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert desk.states == ["booked"]


def test_what_is_paid_is_not_let_go(desk, stripe):
    session = desk.go_to_pay()
    stripe.pay(session)
    desk.hear()
    answer = desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert "It has been paid" in desk.get(answer.location).text
    assert desk.states == ["booked"]


@pytest.mark.parametrize("session", ["", "cs_test_unknown", "../etc", "cs_" + "a" * 300])
def test_a_foreign_session_shows_nothing(desk, stripe, session):
    desk.go_to_pay()
    answer = desk.come_back(session)
    assert answer.status_code == 404
    assert "Lovelace" not in answer.text


def test_the_return_page_does_not_say_who_paid(desk, stripe):
    session = desk.go_to_pay()
    stripe.pay(session)
    page = desk.come_back(session).text
    assert "Lovelace" not in page
    assert ADA not in page
    assert "/consultations/" not in page


def test_the_same_again_leads_to_the_same_page(desk, stripe):
    first = desk.go_to_pay()
    assert desk.go_to_pay() == first
    assert len(desk.consultations) == 1
    stripe.pay(first)
    desk.hear()
    assert "/coaching/consultations/" in desk.book().location
    assert len(desk.payments) == 1


def test_a_price_that_is_sent_along_changes_nothing(desk, stripe):
    session = desk.go_to_pay(price_cents="1", amount_cents="1", currency="eur")
    told = stripe.sandbox.store.get("checkout.session", session)
    assert (told["amount_total"], told["currency"]) == (PRICE, "usd")


def test_times_of_a_kind_with_a_price_are_not_offered_for_choice(desk, ask, mail):
    assert ask(kind="deep-dive", slot=[desk.slot()]).status_code == 422
    assert (desk.consultations, mail.all) == ([], [])
    assert "Deep dive" not in desk.get("/coaching/request").text
    with fresh_rows():
        for kind in ConsultationKind.active():
            kind.price_cents = PRICE
        db.session.commit()
    assert desk.get("/coaching/request").location == "/coaching/book"


def test_what_it_costs_and_what_comes_back_is_said_before_paying(desk, kind):
    page = desk.get("/coaching/book?kind=deep-dive").text
    for told in ("$150.00", "If you cancel any time before it starts, you get all of it back", "Go on to payment"):
        assert told in page
    assert "get all of it back" not in desk.get("/coaching/book?kind=consultation").text


def test_nothing_of_it_can_be_changed_before_it_is_paid(desk):
    desk.go_to_pay()
    with fresh_rows():
        [consultation] = desk.consultations
        consultation = db.session.merge(consultation)
        assert not consultation.may_be_changed
        assert not consultation.cancel()
