"""Stripe Tax at a flat rate, addresses, tax ids, and the customers kept of them."""

import pytest
import requests
import stripe

from app.stripe_sandbox.errors import StripeError
from tests.stripe_sandbox.conftest import order

TAXED = {"automatic_tax": {"enabled": True}}
BUSINESS = {"business_name": "General Hospital", "tax_id": {"type": "us_ein", "value": "12-3456789"}}


def lines(behavior: str | None, *amounts: int):
    product = {"name": "Course"}
    priced = {"currency": "usd", "product_data": product, **({"tax_behavior": behavior} if behavior else {})}
    return [{"quantity": 1, "price_data": priced | {"unit_amount": amount}} for amount in amounts]


@pytest.mark.parametrize(
    ("behavior", "tax", "total"), [("exclusive", 8_250, 108_250), ("inclusive", 7_621, 100_000), (None, 8_250, 108_250)]
)
def test_tax_is_added_or_included(client, checkout, server, behavior, tax, total):
    server.set_tax(percent=8.25)
    session = checkout(line_items=lines(behavior, 100_000), **TAXED)
    assert (session.amount_total, session.total_details.amount_tax) == (100_000, 0)
    assert session.automatic_tax.status == "requires_location_inputs"
    server.pay(session.id)
    expand = ["total_details.breakdown", "payment_intent", "line_items.data.taxes"]
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": expand})
    assert (paid.amount_subtotal, paid.amount_total, paid.total_details.amount_tax) == (100_000, total, tax)
    assert (paid.payment_intent.amount_received, paid.automatic_tax.status) == (total, "complete")
    [shown] = paid.total_details.breakdown.taxes
    assert (shown.amount, shown.taxable_amount, shown.rate.percentage) == (tax, total - tax, 8.25)
    assert shown.rate.inclusive is (behavior == "inclusive")
    assert paid.line_items.data[0].taxes[0].amount == paid.line_items.data[0].amount_tax == tax
    assert paid.customer_details.address.country == "US"


def test_tax_is_on_what_a_code_leaves(client, checkout, server):
    server.set_tax(percent=10)
    server.make_code("HALF", percent_off=50)
    session = checkout(line_items=lines("exclusive", 1_000, 3_005), allow_promotion_codes=True, **TAXED)
    paid = server.pay(session.id, code="HALF")
    assert (paid["total_details"]["amount_discount"], paid["total_details"]["amount_tax"]) == (2_003, 200)
    assert paid["amount_total"] == 4_005 - 2_003 + 200
    charge = client.v1.payment_intents.retrieve(paid["payment_intent"], {"expand": ["latest_charge"]}).latest_charge
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"charge": charge.id, "amount": 2_203})
    assert client.v1.refunds.create({"charge": charge.id}).amount == 2_202


def test_no_rate_is_no_tax(checkout, server):
    paid = server.pay(checkout(**TAXED).id)
    assert (paid["amount_total"], paid["total_details"]["amount_tax"]) == (49_900, 0)
    assert server.pay(checkout().id)["automatic_tax"]["status"] is None


def test_an_account_without_stripe_tax_refuses(client, checkout, server):
    server.set_tax(is_set_up=False)
    key = {"idempotency_key": "order-1"}
    with pytest.raises(stripe.InvalidRequestError, match="valid head office address"):
        client.v1.checkout.sessions.create(order(**TAXED), key)
    assert checkout().status == "open"
    server.set_tax(is_set_up=True)
    assert checkout(**TAXED).status == "open"
    with pytest.raises(ValueError, match="percent"):
        server.set_tax(percent=101)


def test_a_recovered_checkout_is_taxed_anew(client, checkout, server):
    server.set_tax(percent=10)
    session = checkout(after_expiration={"recovery": {"enabled": True}}, **TAXED)
    with pytest.raises(StripeError):
        server.pay(session.id, "4000000000000002")
    server.expire(session.id)
    server.set_tax(percent=20)
    requests.get(client.v1.checkout.sessions.retrieve(session.id).after_expiration.recovery.url, timeout=5)
    fresh = client.v1.checkout.sessions.list({"status": "open"}).data[0]
    assert (fresh.amount_total, fresh.automatic_tax.status) == (49_900, "requires_location_inputs")
    assert server.pay(fresh.id)["amount_total"] == 59_880


def test_a_tax_id_and_a_business_are_kept(client, checkout, server):
    session = checkout(tax_id_collection={"enabled": True}, customer_creation="always")
    server.pay(session.id, name="Ada Lovelace", **BUSINESS)
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    [tax_id] = paid.customer_details.tax_ids
    assert (tax_id.type, tax_id.value) == ("us_ein", "12-3456789")
    assert (paid.customer_details.business_name, paid.customer_details.name) == ("General Hospital", "Ada Lovelace")
    assert paid.collected_information.business_name == paid.customer.business_name == "General Hospital"


@pytest.mark.parametrize(
    ("collection", "given", "words"),
    [
        ({"enabled": True}, {**BUSINESS, "tax_id": {"type": "us_ein", "value": "123"}}, "tax ID is invalid"),
        ({"enabled": True}, {**BUSINESS, "tax_id": {"type": "xx_vat", "value": "123"}}, "tax ID is invalid"),
        ({"enabled": True}, {**BUSINESS, "business_name": None}, "business name"),
        ({"enabled": True, "required": "if_supported"}, {}, "tax ID is incomplete"),
        ({"enabled": False}, BUSINESS, "asks for no tax ID"),
    ],
)
def test_a_wrong_tax_id_is_refused(checkout, server, collection, given, words):
    with pytest.raises(StripeError, match=words):
        server.pay(checkout(tax_id_collection=collection).id, **given)


def test_a_required_address_is_asked_for(client, checkout, server):
    session = checkout(billing_address_collection="required")
    for address in ({}, {"country": "USA"}, {"country": "US", "line1": "1 Way", "city": "Boston"}):
        with pytest.raises(StripeError):
            server.pay(session.id, address=address)
    server.pay(session.id, address={"country": "DE", "line1": "Weg 1", "city": "Bonn"})
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert (paid.customer_details.address.city, paid.customer_details.address.state) == ("Bonn", None)
    assert paid.payment_intent.latest_charge.billing_details.address.line1 == "Weg 1"


def test_a_known_customer_is_changed_only_as_allowed(client, checkout, server):
    customer = client.v1.customers.create({"email": "grace@example.org", "name": "Grace"}).id
    of_grace = {"customer": customer, "customer_email": None}
    for wanted in (TAXED, {"tax_id_collection": {"enabled": True}}):
        with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
            checkout(**of_grace, **wanted)
    with pytest.raises(stripe.InvalidRequestError, match="customer_update"):
        checkout(customer_update={"name": "auto"})
    server.pay(checkout(**of_grace).id, name="Somebody")
    assert client.v1.customers.retrieve(customer).name == "Grace"
    server.pay(checkout(**of_grace, **TAXED, customer_update={"address": "auto", "name": "auto"}).id, name="Grace H.")
    known = client.v1.customers.retrieve(customer)
    assert (known.name, known.address.country) == ("Grace H.", "US")


def test_nothing_to_pay_makes_a_customer(client, checkout, server):
    server.make_code("FREE", percent_off=100)
    server.pay(checkout(allow_promotion_codes=True).id, code="FREE")
    assert [customer.email for customer in client.v1.customers.list().data] == ["ada@example.org"]


def test_the_page_shows_tax_and_asks_what_it_needs(client, checkout, server):
    server.set_tax(percent=10)
    asked = {"billing_address_collection": "required", "tax_id_collection": {"enabled": True}}
    session = checkout(**TAXED, **asked)
    page = requests.get(session.url, timeout=5).text
    for words in ("Tax (10 %)", "$49.90", "Pay $548.90", "Street", "Business name", "Tax ID"):
        assert words in page
    assert client.v1.checkout.sessions.retrieve(session.id).amount_total == 49_900
    typed = {"card": "4242424242424242", "line1": "1 Way", "city": "Boston", "postal_code": "02101", "country": "US"}
    business = {"business_name": "General Hospital", "tax_id_type": "us_ein", "tax_id": "12-34"}
    wrong = requests.post(session.url, data=typed | business, timeout=5)
    assert (wrong.status_code, "tax ID is invalid" in wrong.text, "General Hospital" in wrong.text) == (400, True, True)
    requests.post(session.url, data=typed | business | {"tax_id": "12-3456789"}, allow_redirects=False, timeout=5)
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.amount_total, paid.customer_details.tax_ids[0].value) == (54_890, "12-3456789")


def test_the_rate_is_set_over_http_and_on_the_overview(server):
    tell = f"{server.base_url}/_sandbox/tax"
    assert requests.post(tell, json={"percent": 7}, timeout=5).json() == {"percent": 7, "is_set_up": True}
    assert requests.post(tell, json={"rate": 7}, timeout=5).status_code == 400
    requests.post(server.base_url, data={"do": "tax", "percent": "5.5"}, timeout=5)
    assert requests.get(tell, timeout=5).json() == {"percent": 5.5, "is_set_up": False}
    server.reset()
    assert server.set_tax() == {"percent": 0, "is_set_up": True}
