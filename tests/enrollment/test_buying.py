"""A buyer's way from the course page through Stripe into the course."""

import re

import pytest
from sqlalchemy import select

from app.enrollment.papers.models import Paper
from app.extensions import db
from app.people.models import Person
from app.stripe_sandbox.cards import CLOSED_ACCOUNT, DECLINED, THREE_D_SECURE
from app.stripe_sandbox.errors import StripeError
from tests.races import fresh_rows

BUYER = "ada@example.org"
OWNER = "owner@doctor.example.org"


def test_a_paid_place_is_confirmed_with_receipt_and_way_in(shop, stripe, mail, client):
    session = shop.buy()
    assert shop.seats_taken == 1
    stripe.pay(session)
    shop.hear()
    assert len(shop.enrollments) == 1
    assert shop.order.state == "paid"
    assert Person.with_email(BUYER).last_seen_at
    assert shop.order.payment_method == "Visa ending in 4242"
    [letter] = mail.to(BUYER, "enrollment/enrolled")
    for said in ("Ada", "Leading in Medicine", "Spring", "$1,200.00", "Visa ending in 4242", shop.order.number):
        assert said in letter.body
        assert said in letter.html
    assert "On the clocks of: New York (America/New_York)\n\nRECEIPT" in letter.body
    [told] = mail.to(OWNER, "enrollment/new_enrollment")
    assert "Ada Lovelace" in told.subject
    link = re.search(r"http://localhost:8000(/sign-in/\S+)", letter.body)[1]
    assert client.post(link).location == "/learn/"
    assert "Secret text." in client.get("/learn/").text
    assert shop.books_balance


@pytest.mark.parametrize(("typed", "kept"), [("山田\u3000太郎", "山田 太郎"), ("علی\u200cمحمد", "علی\u200cمحمد")])
def test_a_name_in_any_script_stands_on_the_receipt(shop, stripe, mail, typed, kept):
    stripe.pay(shop.buy(name=typed))
    shop.hear()
    assert shop.order.name == kept
    assert mail.to(OWNER, "enrollment/new_enrollment")[0].subject.startswith(kept)
    with fresh_rows():
        assert db.session.scalars(select(Paper)).one().facts["attendee"] == kept


def test_stripe_is_asked_for_what_our_rows_say(shop, stripe, cohort):
    shop.buy(price="1", amount="1", currency="jpy", quantity="9")
    [call] = [call for call in stripe.requests() if call["path"] == "/v1/checkout/sessions" and call["status"] == 200]
    params = call["params"]
    [item] = params["line_items"].values()
    price = item["price_data"]
    assert (item["quantity"], price["unit_amount"], price["currency"]) == ("1", "120000", "usd")
    assert params["customer_email"] == BUYER
    assert params["client_reference_id"] == shop.order.public_id == params["payment_intent_data"]["metadata"]["order"]
    assert params["success_url"].startswith("http://localhost:8000/course/checkout/complete?session_id={")


def test_a_second_buyer_needs_one_call(shop, stripe):
    shop.buy()
    before = len(stripe.requests())
    shop.buy(email="grace@example.org")
    assert len(stripe.requests()) == before + 1


def test_a_declined_card_can_be_followed_by_a_good_one(shop, stripe, mail):
    session = shop.buy()
    with pytest.raises(StripeError):
        stripe.pay(session, DECLINED)
    shop.hear()
    assert (shop.order.state, shop.enrollments, mail.all) == ("pending", [], [])
    stripe.pay(session)
    shop.hear()
    assert len(shop.enrollments) == 1


def test_a_card_that_asks_for_3d_secure_enrolls_once_it_is_confirmed(shop, stripe):
    session = shop.buy()
    with pytest.raises(StripeError):
        stripe.pay(session, THREE_D_SECURE, authenticated=False)
    stripe.pay(session, THREE_D_SECURE, authenticated=True)
    shop.hear()
    assert len(shop.enrollments) == 1


def test_the_return_page_alone_enrolls(shop, stripe, mail):
    session = shop.buy()
    stripe.pay(session)
    answer = shop.come_back(session)
    assert "You are enrolled" in answer.text
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_the_return_page_tells_nothing_of_who_bought_and_lets_nobody_in(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    stranger = shop.app.test_client()
    answer = stranger.get(f"/course/checkout/complete?session_id={session}")
    assert "Ada" not in answer.text
    assert BUYER not in answer.text
    assert stranger.get("/learn/").status_code == 303


@pytest.mark.parametrize("made_up", ["", "cs_test_made_up", "../../etc/passwd", "x" * 5000, "cs_\u2603"])
def test_a_made_up_session_gets_a_neutral_page(shop, stripe, made_up):
    before = len(stripe.requests())
    answer = shop.app.test_client().get("/course/checkout/complete", query_string={"session_id": made_up})
    assert answer.status_code == 404
    assert "Nothing to show here" in answer.text
    # What could be one, such as the page of Stripe's recovery link, Stripe is asked about; nothing else.
    assert len(stripe.requests()) - before == (made_up == "cs_test_made_up")


def test_coming_back_unpaid_enrolls_nobody(shop):
    session = shop.buy()
    assert "We have not heard of a payment yet" in shop.come_back(session).text
    assert shop.enrollments == []


def test_a_bank_debit_holds_the_seat_until_the_bank_pays(shop, stripe, mail, later):
    session = shop.buy()
    stripe.pay_by_debit(session)
    assert "Your seat is held" in shop.come_back(session).text
    shop.hear()
    assert (shop.order.state, shop.seats_taken, shop.enrollments) == ("awaiting payment", 1, [])
    assert [letter.template for letter in mail.to(BUYER)] == ["enrollment/awaiting_payment"]
    later(days=3)
    stripe.settle(session)
    shop.hear()
    assert len(shop.enrollments) == 1
    assert "ending in 6789" in mail.to(BUYER, "enrollment/enrolled")[0].body
    assert shop.seats_taken == 1


def test_a_bank_debit_that_fails_frees_the_seat_and_says_so(shop, stripe, mail):
    session = shop.buy()
    stripe.pay_by_debit(session, CLOSED_ACCOUNT)
    shop.hear()
    stripe.settle(session)
    shop.hear()
    assert (shop.order.state, shop.seats_taken, shop.enrollments) == ("failed", 0, [])
    assert [letter.template for letter in mail.to(BUYER)] == [
        "enrollment/awaiting_payment",
        "enrollment/payment_failed",
    ]
    assert "did not go through" in shop.come_back(session).text


def test_leaving_stripes_page_keeps_the_seat_for_a_while(shop, stripe, client):
    session = shop.buy()
    answer = client.get(f"/course/checkout/cancelled?order={shop.order.public_id}")
    assert f"/c/pay/{session}" in answer.text
    assert client.get("/course/checkout/cancelled?order=made-up").status_code == 200
    assert client.get("/course/checkout/cancelled").status_code == 200


def test_a_double_click_holds_one_seat(shop, stripe):
    first, second = shop.buy(), shop.buy(email=" ADA@example.org ")
    assert first == second
    assert shop.seats_taken == 1


def test_an_expired_checkout_frees_the_seat(shop, stripe, later, mail):
    session = shop.buy()
    later(minutes=40)
    shop.hear()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)
    assert "The time to pay has passed" in shop.come_back(session).text
    assert mail.all == []


def test_after_an_expired_checkout_one_can_begin_anew(shop, stripe, later):
    first = shop.buy()
    later(minutes=40)
    second = shop.buy()
    assert first != second
    assert [order.state for order in shop.orders] == ["expired", "pending"]
    assert shop.seats_taken == 1


def test_a_full_cohort_is_said_to_be_full(shop, stripe):
    for name in ("ada", "grace", "elizabeth"):
        shop.buy(email=f"{name}@example.org")
    answer = shop.start(email="late@example.org")
    assert answer.status_code == 409
    assert "Autumn" in answer.text
    assert shop.seats_taken == 3
    assert len(shop.orders) == 3


def test_without_a_key_the_course_is_shown_and_checkout_says_so(client, course, cohort):
    assert client.get("/course/").status_code == 200
    answer = client.post("/course/checkout", data={"cohort": cohort.id, "email": BUYER, "name": "Ada", "seats": "1"})
    assert answer.status_code == 503
    assert "not set up yet" in answer.text


def test_without_a_course_there_is_no_page(client):
    assert client.get("/course/").status_code == 404
    assert client.post("/course/checkout").status_code == 404
    assert client.post("/stripe/webhook", data="{}").status_code == 400
