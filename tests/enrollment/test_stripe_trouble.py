"""Stripe slow, ill, busy or away: the buyer reads what happened and what to do, and no seat is lost."""

import re

import pytest

from app.enrollment.models import Course
from app.extensions import db
from app.stripe_sandbox import session_rules
from tests.payments.conftest import refund, takes_less_than
from tests.races import fresh_rows, in_thread, stopped_before
from tests.studio.conftest import signed_in

SESSIONS = "/v1/checkout/sessions"


@pytest.mark.parametrize("status", [409, 429, 500, 503, "drop"])
def test_an_ill_stripe_is_explained_and_the_seat_is_free_again(shop, stripe, status):
    stripe.fail_calls(status, path=SESSIONS, method="POST", times=10)
    with takes_less_than(10):
        answer = shop.start(reminder="y")
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    for kept in ("Ada Lovelace", "ada@example.org", 'name="reminder"'):
        assert kept in answer.text
    assert (shop.seats_taken, shop.order.state) == (0, "pending")
    stripe.sandbox.faults.clear()
    shop.buy()
    assert (len(shop.orders), shop.seats_taken) == (1, 1)


def test_a_silent_stripe_is_given_up_in_time(shop, stripe):
    stripe.fail_calls("timeout", path=SESSIONS, method="POST", times=10, seconds=30)
    with takes_less_than(10):
        answer = shop.start()
    assert answer.status_code == 503
    assert shop.seats_taken == 0


def test_a_stripe_that_cannot_be_reached_is_given_up_in_time(app, shop, monkeypatch):
    monkeypatch.setitem(app.config, "STRIPE_API_BASE", "http://127.0.0.1:1")
    with takes_less_than(10):
        assert shop.start().status_code == 503
    assert shop.seats_taken == 0


def test_a_lost_answer_is_asked_for_again_under_the_same_key(shop, stripe):
    shop.buy(email="first@example.org")
    stripe.fail_calls("drop", path=SESSIONS, method="POST", times=10, after=True)
    assert shop.start().status_code == 503
    stripe.sandbox.faults.clear()
    shop.buy()
    of_this_buyer = [
        session
        for session in stripe.sandbox.store.all("checkout.session")
        if session["customer_email"].startswith("ada")
    ]
    assert len(of_this_buyer) == 1


def test_a_seat_that_went_while_stripe_was_away_is_not_promised(shop, stripe):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert shop.start().status_code == 503
    for name in ("grace", "elizabeth", "virginia"):
        shop.buy(email=f"{name}@example.org")
    assert shop.start().status_code == 409
    assert shop.books_balance


def test_a_second_try_much_later_asks_anew(shop, stripe, later):
    stripe.fail_calls(503, path=SESSIONS, method="POST", times=3)
    assert shop.start().status_code == 503
    later(minutes=8)
    shop.buy()
    assert len(shop.orders) == 1


def test_a_slow_stripe_keeps_no_other_buyer_waiting(app, shop, stripe):
    shop.buy(email="first@example.org")
    db.session.rollback()
    data = {"cohort": shop.cohort_id, "email": "slow@example.org", "name": "Slow", "seats": "1"}
    outcomes: dict[str, object] = {}
    asked = len(stripe.requests())
    # Stripe was asked, and for the slow buyer its answer is not there until we say so.
    with stopped_before("checkout", "slow", lambda: len(stripe.requests()) > asked) as answer:
        slow = in_thread("slow", lambda: app.test_client().post("/course/checkout", data=data).status_code, outcomes)
        assert answer.arrived.wait(30)
        shop.buy(email="quick@example.org")
        assert outcomes == {}
        answer.open.set()
        slow.join()
    assert outcomes == {"slow": 303}
    assert shop.seats_taken == 3


def test_a_return_page_while_stripe_is_away_asks_for_patience(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    stripe.fail_calls(503, path=SESSIONS, method="GET", times=3)
    with takes_less_than(10):
        answer = shop.come_back(session)
    for told in ("Stripe has not answered yet", "If you have paid, all is well", "Look again"):
        assert told in answer.text
    shop.hear()
    assert len(shop.enrollments) == 1


def test_an_address_that_stripe_does_not_take_is_asked_for_again(shop, stripe, monkeypatch):
    monkeypatch.setattr(session_rules, "EMAIL", re.compile(r"[^@]+@nowhere\.example"))  # A stricter Stripe than ours.
    answer = shop.start()
    assert answer.status_code == 422
    assert "use another" in answer.text
    assert (shop.order.state, shop.seats_taken) == ("failed", 0)


def test_a_wrong_key_is_explained(app, shop, monkeypatch):
    monkeypatch.setitem(app.config, "STRIPE_SECRET_KEY", "sk_test_wrong")
    assert shop.start().status_code == 503
    assert (shop.order.state, shop.seats_taken) == ("failed", 0)


def test_a_new_title_is_a_new_product(shop, stripe):
    shop.buy()
    with fresh_rows():
        course = Course.current()
        course.title = "Leading, Second Edition"
        db.session.commit()
    shop.buy(email="grace@example.org")
    assert {product["name"] for product in stripe.sandbox.store.all("product")} == {
        "Leading in Medicine",
        "Leading, Second Edition",
    }


@pytest.mark.parametrize("changes", [{"amount_total": 1}, {"currency": "eur"}, {"livemode": True}])
def test_a_payment_that_is_not_what_we_asked_for_enrolls_nobody(shop, stripe, mail, changes):
    session = shop.buy()
    stripe.pay(session)
    stripe.sandbox.store.get("checkout.session", session).update(changes)
    shop.hear()
    shop.come_back(session)
    assert (shop.enrollments, shop.seats_taken) == ([], 0)
    [letter] = mail.to("owner@doctor.example.org")
    assert letter.template == "enrollment/payment_mismatch"
    assert all(f"/studio/orders/{shop.order.id}" in words for words in (letter.body, letter.html))
    assert "We are looking into your payment" in shop.come_back(session).text
    assert [letter.template for letter in mail.to("ada@example.org")] == ["enrollment/mismatch_noted"]


def test_what_was_not_asked_for_and_went_back_troubles_nobody_any_more(app, shop, stripe, mail):
    owner = signed_in(app, "owner@doctor.example.org", owner=True)
    session = shop.buy()
    stripe.pay(session)
    stripe.sandbox.store.get("checkout.session", session)["currency"] = "eur"
    shop.hear()
    page = owner.get(f"/studio/orders/{shop.orders[0].id}").text
    assert "Does not match" in page
    assert "Did not match" in page
    assert not re.search("Expired|Pending", page)
    assert "Page closed" not in page
    assert shop.orders[0].number in owner.get("/studio/enrollments?state=does+not+match").text
    assert shop.orders[0].number not in owner.get("/studio/enrollments?state=expired").text
    refund(stripe)
    shop.hear()
    shop.come_back(session)
    told = [letter.template for letter in mail.to("ada@example.org")]
    assert told == ["enrollment/mismatch_noted", "enrollment/mismatch_returned"]
    [order] = shop.orders
    assert (order.state, order.seats_held, shop.enrollments) == ("refunded", 0, [])
    assert "not the amount we asked for" in shop.come_back(session).text
    assert shop.buy() != session


def test_a_payment_for_another_number_of_seats_enrolls_nobody(shop, stripe, mail):
    session = shop.buy()
    stripe.pay(session)
    [item] = stripe.sandbox.store.get("checkout.session", session)["_line_items"]
    item["quantity"] = 2
    shop.hear()
    assert shop.enrollments == []
    assert mail.to("owner@doctor.example.org", "enrollment/payment_mismatch")


def test_a_session_of_another_order_settles_only_that_one(shop, stripe):
    mine, other = shop.buy(), shop.buy(email="grace@example.org")
    stripe.pay(other)
    assert "We have not heard of a payment yet" in shop.come_back(mine).text
    shop.come_back(other)
    [enrollment] = shop.enrollments
    assert enrollment.order_id == shop.orders[1].id


def test_a_page_of_another_amount_that_nobody_pays_at_ends_and_frees_the_seat(shop, stripe, mail, later):
    session = shop.buy()
    stripe.sandbox.store.get("checkout.session", session)["amount_total"] = 1
    shop.come_back(session)
    later(minutes=40)
    shop.hear()
    assert (shop.order.state, shop.seats_taken, shop.order.look_at) == ("expired", 0, None)
    assert mail.all == []
