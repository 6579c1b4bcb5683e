"""Coupons and promotion codes, and what they take off a checkout."""

import pytest
import requests
import stripe

from app.stripe_sandbox.cards import DECLINED, GOOD
from app.stripe_sandbox.errors import StripeError


@pytest.fixture
def session(checkout):
    return checkout(allow_promotion_codes=True)


def test_a_code_is_made_for_a_coupon(client, receiver):
    coupon = client.v1.coupons.create({"percent_off": 25.5, "name": "Spring", "id": "SPRING"})
    code = client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "Spring26"})
    assert (coupon.percent_off, coupon.valid, coupon.duration, coupon.times_redeemed) == (25.5, True, "once", 0)
    assert (code.code, code.active, code.promotion.type, code.promotion.coupon) == (
        *("Spring26", True, "coupon"),
        "SPRING",
    )
    full = client.v1.promotion_codes.retrieve(code.id, {"expand": ["promotion.coupon"]})
    assert full.promotion.coupon.name == "Spring"
    assert [found.id for found in client.v1.promotion_codes.list({"code": "SPRING26", "active": True}).data] == [
        code.id
    ]
    assert client.v1.promotion_codes.list({"coupon": "other"}).data == []
    receiver.wait_for("promotion_code.created")
    assert receiver.types == ["coupon.created", "promotion_code.created"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 5, "currency": "usd"}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"percent_off": 0}, "percent_off"),
        ({"amount_off": 500}, "currency"),
        ({"amount_off": 0, "currency": "usd"}, "amount_off"),
        ({"percent_of": 5}, "percent_of"),
        ({"percent_off": 5, "max_redemptions": 0}, "max_redemptions"),
        ({"percent_off": 5, "duration": "weekly"}, "duration"),
    ],
)
def test_a_coupon_that_cannot_be_is_refused(client, changes, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.coupons.create(changes)
    assert refusal.value.param == param


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"promotion": None, "coupon": "FALL"}, "coupon"),
        ({"promotion": {"coupon": "FALL"}}, "promotion[type]"),
        ({"promotion": {"type": "coupon"}}, "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "none"}}, "promotion[coupon]"),
        ({"code": "no spaces"}, "code"),
        ({"code": "taken"}, "code"),
        ({"expires_at": 1}, "expires_at"),
        ({"max_redemptions": 11}, "max_redemptions"),
        ({"restrictions": {"minimum_amount": 5}}, "restrictions[minimum_amount]"),
        ({"restrictions": {"minimum": 5}}, "restrictions[minimum]"),
    ],
)
def test_a_code_that_cannot_be_is_refused(client, server, changes, param):
    server.make_code("TAKEN", percent_off=5)
    client.v1.coupons.create({"id": "FALL", "percent_off": 10, "max_redemptions": 10})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "FALL"}, **changes})
    assert refusal.value.param == param


def test_a_percentage_is_taken_off_and_paid(client, session, server, receiver):
    code = server.make_code("SPRING", percent_off=20, max_redemptions=5)
    server.pay(session.id, code=" spring ")
    expand = ["payment_intent", "line_items.data.discounts", "total_details.breakdown", "discounts.promotion_code"]
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})
    assert (paid.amount_subtotal, paid.amount_total, paid.total_details.amount_discount) == (49_900, 39_920, 9_980)
    assert (paid.payment_status, paid.payment_intent.amount_received) == ("paid", 39_920)
    assert (paid.discounts[0].coupon, paid.discounts[0].promotion_code.code) == (None, "SPRING")
    [item] = paid.line_items.data
    assert (item.amount_subtotal, item.amount_discount, item.amount_total) == (49_900, 9_980, 39_920)
    assert (item.discounts[0].amount, item.discounts[0].discount.promotion_code) == (9_980, code["id"])
    [taken] = paid.total_details.breakdown.discounts
    assert (taken.amount, taken.discount.source.coupon) == (9_980, code["promotion"]["coupon"])
    assert client.v1.promotion_codes.retrieve(code["id"]).times_redeemed == 1
    assert client.v1.coupons.retrieve(code["promotion"]["coupon"]).times_redeemed == 1
    told = receiver.wait_for("checkout.session.completed")[0].data.object
    assert told.total_details.amount_discount == 9_980
    assert "breakdown" not in told.total_details.to_dict()


def test_an_amount_is_taken_off(client, session, server):
    server.make_code("TEN", amount_off=10_000)
    assert server.type_code(session.id, "TEN")["amount_total"] == 39_900
    assert server.pay_by_debit(session.id)["amount_total"] == 39_900
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_a_code_over_everything_needs_no_payment(client, session, server, receiver):
    server.make_code("FREE", percent_off=100)
    server.pay(session.id, code="FREE")
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "no_payment_required", None)
    assert (done.amount_subtotal, done.amount_total) == (49_900, 0)
    assert receiver.wait_for("checkout.session.completed")[0].data.object.payment_status == "no_payment_required"
    assert client.v1.payment_intents.list().data == []


def test_more_off_than_there_is_costs_nothing(session, server):
    server.make_code("ALL", amount_off=99_999)
    assert server.type_code(session.id, "ALL")["total_details"]["amount_discount"] == 49_900


def test_a_free_code_after_a_declined_card_leaves_no_payment(client, session, server, receiver):
    server.make_code("FREE", percent_off=100)
    with pytest.raises(StripeError):
        server.pay(session.id, DECLINED)
    server.pay(session.id, code="FREE")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_intent is None
    assert client.v1.payment_intents.list().data[0].status == "canceled"


def test_a_code_after_a_declined_card_lowers_the_same_payment(client, session, server):
    server.make_code("HALF", percent_off=50)
    with pytest.raises(StripeError):
        server.pay(session.id, DECLINED)
    server.pay(session.id, GOOD, code="HALF")
    [intent] = client.v1.payment_intents.list().data
    assert (intent.amount, intent.amount_received) == (24_950, 24_950)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"active": False}, "invalid"),
        ({"restrictions": {"minimum_amount": 50_000, "minimum_amount_currency": "usd"}}, "orders of 500.00 USD"),
        ({"restrictions": {"minimum_amount": 1, "minimum_amount_currency": "eur"}}, "currency"),
        ({"amount_off": 500, "currency": "eur"}, "currency"),
        ({"amount_off": 49_899, "currency": "usd"}, "at least"),
    ],
)
def test_a_code_that_does_not_fit_changes_nothing(client, session, server, terms, words):
    server.make_code("SPRING", **({} if "amount_off" in terms else {"percent_off": 20}), **terms)
    with pytest.raises(StripeError, match=words):
        server.pay(session.id, code="SPRING")
    left = client.v1.checkout.sessions.retrieve(session.id)
    assert (left.status, left.amount_total, left.discounts) == ("open", 49_900, [])


def test_unknown_codes_and_closed_checkouts_are_refused(client, checkout, session, server):
    with pytest.raises(StripeError, match="code is invalid"):
        server.pay(session.id, code="NONE")
    server.make_code("SPRING", percent_off=20)
    with pytest.raises(StripeError, match="no promotion codes"):
        server.pay(checkout().id, code="SPRING")
    server.pay(session.id)
    with pytest.raises(StripeError, match="status of `complete`"):
        server.type_code(session.id, "SPRING")
    with pytest.raises(StripeError, match="status of `complete`"):
        server.pay(session.id, code="SPRING")
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 49_900


def test_a_code_that_ends_before_payment_is_taken_off(client, session, server):
    code = server.make_code("SOON", percent_off=20, expires_at=server.sandbox.now() + 60)
    server.type_code(session.id, "SOON")
    server.advance(61)
    with pytest.raises(StripeError, match="expired"):
        server.pay(session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 49_900
    assert client.v1.promotion_codes.retrieve(code["id"]).active is False
    assert server.pay(session.id)["amount_total"] == 49_900


def test_the_last_use_of_a_code_goes_to_one_buyer(client, checkout, server):
    code = server.make_code("ONCE", percent_off=20, max_redemptions=1)
    first, second = checkout(allow_promotion_codes=True), checkout(allow_promotion_codes=True)
    for session in (first, second):
        server.type_code(session.id, "ONCE")
    server.pay(first.id)
    with pytest.raises(StripeError, match="no longer be redeemed"):
        server.pay(second.id)
    assert client.v1.promotion_codes.retrieve(code["id"]).active is False
    server.make_code("ONCE", percent_off=10)  # The word is free again.


def test_a_code_is_switched_off_and_on(client, session, server):
    code = server.make_code("SPRING", percent_off=20)
    client.v1.promotion_codes.update(code["id"], {"active": False})
    with pytest.raises(StripeError):
        server.type_code(session.id, "SPRING")
    client.v1.promotion_codes.update(code["id"], {"active": True, "metadata": {"for": "residents"}})
    assert server.type_code(session.id, "SPRING")["amount_total"] == 39_920
    client.v1.coupons.delete(code["promotion"]["coupon"])
    assert client.v1.promotion_codes.retrieve(code["id"]).active is False
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.promotion_codes.update(code["id"], {"active": True})


def test_a_first_order_code_is_for_customers_who_never_paid(client, checkout, server):
    server.make_code("FIRST", percent_off=10, restrictions={"first_time_transaction": True})
    customer = client.v1.customers.create({"email": "grace@example.org"}).id
    of_grace = {"customer": customer, "customer_email": None, "allow_promotion_codes": True}
    server.pay(checkout(**of_grace).id, code="FIRST")
    with pytest.raises(StripeError, match="prior transactions"):
        server.pay(checkout(**of_grace).id, code="FIRST")


def test_a_recovered_checkout_starts_without_the_code(client, checkout, server):
    server.make_code("SPRING", percent_off=20)
    for allowed in (True, False):
        recovery = {"recovery": {"enabled": True, "allow_promotion_codes": allowed}}
        session = checkout(allow_promotion_codes=True, after_expiration=recovery)
        server.type_code(session.id, "SPRING")
        server.expire(session.id)
        requests.get(client.v1.checkout.sessions.retrieve(session.id).after_expiration.recovery.url, timeout=5)
        fresh = client.v1.checkout.sessions.list({"status": "open"}).data[0]
        assert (fresh.recovered_from, fresh.amount_total, fresh.discounts) == (session.id, 49_900, [])
        assert fresh.allow_promotion_codes is allowed
        server.pay(fresh.id, code="SPRING" if allowed else None)


def test_the_page_takes_a_code_and_gives_it_back(client, session, server):
    server.make_code("SPRING", percent_off=20)
    assert "Promotion code" in requests.get(session.url, timeout=5).text
    wrong = requests.post(session.url + "/code", data={"code": "WINTER"}, timeout=5)
    assert (wrong.status_code, "code is invalid" in wrong.text, "WINTER" in wrong.text) == (400, True, True)
    page = requests.post(session.url + "/code", data={"code": "spring"}, timeout=5).text
    for words in ("\u2212$99.80", "$399.20", "Remove code SPRING"):
        assert words in page
    assert "$499.00" in requests.post(session.url + "/code", data={"remove": ""}, timeout=5).text
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 49_900


def test_the_page_asks_for_no_card_when_a_code_covers_it(client, session, server):
    server.make_code("FREE", percent_off=100)
    page = requests.post(session.url + "/code", data={"code": "FREE"}, timeout=5).text
    assert "card number" not in page
    requests.post(session.url, data={"email": "ada@example.org"}, allow_redirects=False, timeout=5)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "no_payment_required"


def test_codes_are_made_over_http_and_on_the_overview(session, server):
    tell = f"{server.base_url}/_sandbox"
    made = requests.post(f"{tell}/codes", json={"code": "SPRING", "percent_off": 20}, timeout=5).json()
    assert made["code"] == "SPRING"
    assert requests.post(f"{tell}/codes", json={"code": "X", "per_cent": 20}, timeout=5).status_code == 400
    typed = requests.post(f"{tell}/sessions/{session.id}/code", json={"code": "SPRING"}, timeout=5).json()
    assert typed["amount_total"] == 39_920
    page = requests.post(server.base_url, data={"do": "code", "code": "TEN", "amount_off": "1000"}, timeout=5).text
    assert "TEN" in page
    assert "$10.00" in page
    again = requests.post(server.base_url, data={"do": "code", "code": "TEN", "percent_off": "5"}, timeout=5)
    assert (again.status_code, "already exists" in again.text) == (400, True)
