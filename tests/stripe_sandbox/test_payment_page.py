"""The payment page, as a browser without script sees it."""

import pytest
import requests

from app.stripe_sandbox.cards import CLOSED_ACCOUNT, DECLINED, THREE_D_SECURE


class Browser(requests.Session):
    def pay(self, url, **typed):
        return self.post(url, data={"email": "ada@example.org", **typed}, allow_redirects=False, timeout=5)


@pytest.fixture
def browser():
    with Browser() as browser:
        yield browser


def return_url(session):
    return f"http://localhost:8000/course/checkout/complete?session_id={session.id}"


def test_it_shows_what_is_bought_and_that_it_is_a_test(browser, checkout):
    page = browser.get(checkout().url).text
    for words in ("Test mode", "Leading without a title", "$499.00", "ada@example.org", "Cancel and go back"):
        assert words in page
    assert "<script" not in page


def test_what_the_site_sends_is_escaped(browser, checkout):
    price = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "<script>alert(1)</script>"}}
    page = browser.get(checkout(line_items=[{"quantity": 1, "price_data": price}]).url).text
    assert "<script" not in page


def test_a_good_card_leads_back_to_the_site(browser, client, checkout):
    session = checkout()
    answer = browser.pay(session.url, card="4242 4242 4242 4242", expiry="12 / 34", cvc="123")
    assert (answer.status_code, answer.headers["Location"]) == (303, return_url(session))
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_button_pressed_twice_pays_once(browser, client, checkout):
    session = checkout()
    for _ in range(2):
        assert browser.pay(session.url, card="4242424242424242").headers["Location"] == return_url(session)
    assert len(client.v1.charges.list().data) == 1


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (DECLINED, "Your card was declined."),
        ("4000000000009995", "insufficient funds"),
        ("4242424242424241", "number is incorrect"),
        ("4012888888881881", "used a non test card"),
        ("", "number is incorrect"),
    ],
)
def test_a_declined_card_stays_on_the_page(browser, client, checkout, card, words):
    session = checkout()
    answer = browser.pay(session.url, card=card)
    assert answer.status_code == 402
    assert words in answer.text
    assert browser.pay(session.url, card="4242424242424242").status_code == 303


def test_a_card_of_the_past_is_refused(browser, checkout):
    session = checkout()
    for expiry in ("01 / 20", "13 / 34", "soon"):
        assert browser.pay(session.url, card="4242424242424242", expiry=expiry).status_code == 402


def test_an_address_is_asked_when_the_site_gave_none(browser, client, checkout):
    session = checkout(customer_email=None)
    assert browser.pay(session.url, card="4242424242424242", email="nobody").status_code == 400
    assert browser.pay(session.url, card="4242424242424242", email="grace@example.org").status_code == 303
    assert client.v1.checkout.sessions.retrieve(session.id).customer_details.email == "grace@example.org"


def test_3d_secure_completed(browser, client, checkout):
    session = checkout()
    challenge = browser.pay(session.url, card=THREE_D_SECURE).headers["Location"]
    assert "3-D Secure" in browser.get(session.url + "/authenticate").text
    assert challenge.endswith("/authenticate")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    answer = browser.pay(session.url + "/authenticate", result="complete")
    assert (answer.status_code, answer.headers["Location"]) == (303, return_url(session))


def test_3d_secure_failed(browser, client, checkout):
    session = checkout()
    browser.pay(session.url, card=THREE_D_SECURE)
    answer = browser.pay(session.url + "/authenticate", result="fail")
    assert (answer.status_code, "unable to authenticate" in answer.text) == (402, True)
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_bank_debit(browser, client, checkout):
    session = checkout()
    assert browser.pay(session.url, method="us_bank_account", account="12").status_code == 402
    answer = browser.pay(session.url, method="us_bank_account", account=CLOSED_ACCOUNT)
    assert (answer.status_code, answer.headers["Location"]) == (303, return_url(session))
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_consent_is_asked_and_kept(browser, client, checkout):
    session = checkout(consent_collection={"promotions": "auto", "terms_of_service": "required"})
    assert "up to date" in browser.get(session.url).text
    assert browser.pay(session.url, card="4242424242424242").status_code == 400
    browser.pay(session.url, card="4242424242424242", terms="on")
    consent = client.v1.checkout.sessions.retrieve(session.id).consent
    assert (consent.promotions, consent.terms_of_service) == ("opt_out", "accepted")


def test_nothing_to_pay_asks_for_no_card(browser, checkout):
    price = {"currency": "usd", "unit_amount": 0, "product_data": {"name": "Course"}}
    session = checkout(line_items=[{"quantity": 1, "price_data": price}])
    assert "card number" not in browser.get(session.url).text
    assert browser.pay(session.url).status_code == 303


def test_closed_sessions_say_so(browser, checkout, server):
    paid, expired = checkout(), checkout()
    server.pay(paid.id)
    server.expire(expired.id)
    assert "all done here" in browser.get(paid.url).text
    assert "has expired" in browser.get(expired.url).text
    assert browser.pay(expired.url, card="4242424242424242").status_code == 200
    assert browser.get(server.base_url + "/c/pay/cs_test_none").status_code == 404


def test_an_expired_checkout_is_recovered(browser, client, checkout, server):
    session = checkout(after_expiration={"recovery": {"enabled": True}})
    server.expire(session.id)
    link = client.v1.checkout.sessions.retrieve(session.id).after_expiration.recovery.url
    fresh_url = browser.get(link).url
    assert "$499.00" in browser.get(fresh_url).text
    fresh = client.v1.checkout.sessions.list({"status": "open"}).data[0]
    assert (fresh.url, fresh.recovered_from, fresh.metadata.order) == (fresh_url, session.id, "1")
    server.advance(31 * 24 * 3600)
    assert browser.get(link).status_code == 404


def test_a_receipt_shows_what_was_paid_and_given_back(browser, client, checkout, server):
    intent = server.pay(checkout().id)["payment_intent"]
    client.v1.refunds.create({"payment_intent": intent, "amount": 10_000})
    charge = client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
    page = browser.get(charge.receipt_url).text
    assert "$499.00" in page
    assert "$100.00" in page
