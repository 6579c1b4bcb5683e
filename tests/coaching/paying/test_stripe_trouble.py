"""Stripe slow, ill, busy or away: the person reads what happened and what to do, and no time is lost."""

import re

import pytest

from app.payments.tasks import sweep_payments
from app.stripe_sandbox import session_rules
from tests.payments.conftest import refund, takes_less_than
from tests.races import at_once
from tests.studio.conftest import signed_in

ADA = "ada@example.org"
SESSIONS = "/v1/checkout/sessions"


@pytest.mark.parametrize("status", [409, 429, 500, 503, "drop"])
def test_an_ill_stripe_is_explained_and_the_time_is_free_again(desk, stripe, status):
    stripe.fail_calls(status, path=SESSIONS, method="POST", times=10)
    with takes_less_than(10):
        answer = desk.book()
    assert answer.status_code == 503
    for told in ("Nothing was charged", "try again in a minute", "Ada Lovelace", ADA, "director role"):
        assert told in answer.text
    assert (desk.is_free, desk.payment.state) == (True, "pending")
    stripe.sandbox.faults.clear()
    session = desk.go_to_pay()
    assert len(desk.payments) == 1
    stripe.pay(session)
    desk.hear()
    assert desk.states == ["booked"]


def test_a_lost_answer_is_asked_for_again_under_the_same_key(desk, stripe):
    desk.go_to_pay(email="grace@example.org", slot=desk.slot(5))  # So that Stripe knows the product.
    stripe.fail_calls("drop", path=SESSIONS, method="POST", times=10, after=True)
    assert desk.book().status_code == 503
    stripe.sandbox.faults.clear()
    desk.go_to_pay()
    sessions = stripe.sandbox.store.all("checkout.session")
    assert sorted(session["customer_email"] for session in sessions) == [ADA, "grace@example.org"]


def test_a_time_that_went_while_stripe_was_away_is_not_promised(desk, stripe):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert desk.book().status_code == 503
    desk.go_to_pay(email="grace@example.org")
    assert desk.book().status_code == 409


def test_a_second_try_much_later_asks_anew(desk, stripe, later):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert desk.book().status_code == 503
    later(minutes=8)
    desk.go_to_pay()
    assert len(desk.payments) == 1


def test_who_gives_up_leaves_nothing_behind(desk, stripe, later):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    desk.book()
    later(minutes=40)
    sweep_payments.call_local()
    assert (desk.payment.state, desk.payment.look_at, desk.states) == ("expired", None, ["not paid"])


def test_a_return_page_while_stripe_is_away_asks_for_patience(desk, stripe):
    session = desk.go_to_pay()
    stripe.pay(session)
    stripe.fail_calls(503, path=SESSIONS, method="GET", times=3)
    with takes_less_than(10):
        assert "Stripe has not answered yet" in desk.come_back(session).text
    desk.hear()
    assert desk.states == ["booked"]


def test_an_address_that_stripe_does_not_take_is_asked_for_again(desk, stripe, monkeypatch):
    monkeypatch.setattr(session_rules, "EMAIL", re.compile(r"[^@]+@nowhere\.example"))  # A stricter Stripe than ours.
    answer = desk.book()
    assert answer.status_code == 422
    assert "use another" in answer.text
    assert (desk.payment.state, desk.is_free) == ("failed", True)


def test_without_keys_nothing_is_held(app, desk, monkeypatch):
    monkeypatch.setitem(app.config, "STRIPE_SECRET_KEY", None)
    answer = desk.book()
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    assert desk.is_free


@pytest.mark.parametrize("changes", [{"amount_total": 1}, {"currency": "eur"}, {"livemode": True}])
def test_a_payment_that_is_not_what_we_asked_for_books_nothing(desk, stripe, mail, changes):
    session = desk.go_to_pay()
    stripe.pay(session)
    stripe.sandbox.store.get("checkout.session", session).update(changes)
    desk.hear()
    assert "A person looks at your payment" in desk.come_back(session).text
    desk.come_back(session)
    assert (desk.booked, desk.states, desk.is_free) == ([], ["does not match"], True)
    [letter] = mail.to("owner@doctor.example.org")
    assert letter.template == "coaching/payment_mismatch"
    [noted] = mail.to(ADA)
    assert (noted.template, "nothing is booked" in noted.body) == ("coaching/mismatch_noted", True)


def test_a_payment_that_is_not_what_we_asked_for_is_never_called_none(desk, stripe):
    session = desk.go_to_pay()
    stripe.pay(session)
    stripe.sandbox.store.get("checkout.session", session)["amount_total"] = 1
    desk.hear()
    left = f"/coaching/checkout/cancelled?payment={desk.payment.public_id}"
    private = f"/coaching/consultations/{desk.consultations[0].link_token}"
    for _ in range(2):
        for path in (left, private, f"/coaching/checkout/complete?session_id={session}"):
            page = desk.get(path).text
            assert "A person looks at your payment" in page
            assert "Nothing was charged" not in page
            assert "you get a time, or your money back" in page
        desk.post("/coaching/checkout/cancelled", payment=desk.payment.public_id)
    assert desk.go_to_pay() != session


def test_what_was_not_asked_for_and_went_back_troubles_nobody_any_more(app, desk, stripe, mail):
    owner = signed_in(app, "owner@doctor.example.org", owner=True)
    session = desk.go_to_pay()
    stripe.pay(session)
    stripe.sandbox.store.get("checkout.session", session)["currency"] = "eur"
    desk.hear()
    refund(stripe, amount=5000)
    desk.hear()
    assert desk.payment.refunded_at is None
    assert "was not what we asked for" in owner.get("/studio/").text
    assert "Ada" in owner.get("/studio/consultations?state=does+not+match").text
    assert "Ada" not in owner.get("/studio/consultations?state=not+paid").text
    shown = owner.get(f"/studio/consultations/{desk.consultations[0].id}").text
    told = re.sub("<[^>]*>", "", re.search("<dt>Payment</dt>(.*)", shown)[1])
    assert told.split() == ["$150", "Does", "not", "match", "Needs", "a", "look"]
    refund(stripe)
    for _ in range(2):
        desk.hear()
    noted, letter = mail.to(ADA)
    assert (noted.template, letter.template) == ("coaching/mismatch_noted", "coaching/payment_returned")
    assert "All of it goes back to you" in " ".join(letter.body.split())
    assert (desk.payment.state, desk.states, desk.is_free) == ("refunded", ["not paid"], True)
    private = f"/coaching/consultations/{desk.consultations[0].link_token}"
    left = f"/coaching/checkout/cancelled?payment={desk.payment.public_id}"
    for path in (private, left, f"/coaching/checkout/complete?session_id={session}"):
        assert "Your payment goes back to you" in desk.get(path).text
    assert "was not what we asked for" not in owner.get("/studio/").text


def test_ten_who_want_one_time_at_once_are_led_to_one_page(app, desk, stripe):
    def go(number: int) -> int:
        return desk.book(email=f"doctor{number}@example.org").status_code

    assert sorted(at_once(10, lambda number: in_app(app, go, number))) == [303] + [409] * 9
    assert len(list(stripe.sandbox.store.all("checkout.session"))) == 1


def in_app(app, act, number):
    with app.app_context():
        return act(number)
