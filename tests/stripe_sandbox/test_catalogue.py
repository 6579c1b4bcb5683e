"""Products, prices, customers, lists."""

import pytest
import stripe


def test_a_product_and_its_price(client):
    product = client.v1.products.create({"name": "Course", "metadata": {"slug": "course"}})
    price = client.v1.prices.create(
        {"product": product.id, "currency": "USD", "unit_amount": 49_900, "lookup_key": "course"}
    )
    found = client.v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert (found.unit_amount, found.currency, found.product.name) == (49_900, "usd", "Course")
    assert client.v1.prices.list({"lookup_keys": ["course"]}).data[0].id == price.id
    assert client.v1.products.list({"active": False}).data == []


def test_a_product_id_is_given_once(client):
    client.v1.products.create({"name": "Course", "id": "course"})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.products.create({"name": "Course", "id": "course"})
    assert refusal.value.code == "resource_already_exists"


def test_a_retired_price_sells_nothing(client, checkout):
    price = client.v1.prices.create({"currency": "usd", "unit_amount": 500, "product_data": {"name": "Course"}})
    client.v1.prices.update(price.id, {"active": False})
    with pytest.raises(stripe.InvalidRequestError, match="inactive"):
        checkout(line_items=[{"price": price.id, "quantity": 1}])


def test_a_lookup_key_moves_only_when_told(client):
    params = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Course"}, "lookup_key": "course"}
    first = client.v1.prices.create(params)
    with pytest.raises(stripe.InvalidRequestError, match="lookup key"):
        client.v1.prices.create(params)
    second = client.v1.prices.create({**params, "transfer_lookup_key": True})
    assert [price.id for price in client.v1.prices.list({"lookup_keys": ["course"]}).data] == [second.id]
    assert client.v1.prices.retrieve(first.id).lookup_key is None


def test_metadata_is_merged_key_by_key(client):
    product = client.v1.products.create({"name": "Course", "metadata": {"a": "1", "b": "2"}})
    assert client.v1.products.update(product.id, {"metadata": {"b": "3"}}).metadata.to_dict() == {"a": "1", "b": "3"}
    assert client.v1.products.update(product.id, {"metadata": {"a": ""}}).metadata.to_dict() == {"b": "3"}
    assert client.v1.products.update(product.id, {"metadata": ""}).metadata.to_dict() == {}


def test_lists_come_newest_first_in_pages(client):
    made = [client.v1.products.create({"name": f"Course {number}"}).id for number in range(7)]
    page = client.v1.products.list({"limit": 3})
    assert ([product.id for product in page.data], page.has_more) == (made[:3:-1], True)
    assert [product.id for product in page.auto_paging_iter()] == made[::-1]
    before = client.v1.products.list({"limit": 2, "ending_before": made[2]})
    assert ([product.id for product in before.data], before.has_more) == ([made[4], made[3]], True)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"starting_after": "prod_none"}])
def test_a_page_that_cannot_be_is_refused(client, params):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.products.list(params)


def test_lists_are_filtered_by_time(client, server):
    client.v1.products.create({"name": "Early"})
    server.advance(100)
    late = client.v1.products.create({"name": "Late"})
    found = client.v1.products.list({"created": {"gte": late.created - 10}})
    assert [product.name for product in found.data] == ["Late"]


def test_a_session_of_a_known_customer(client, checkout, server):
    customer = client.v1.customers.create({"email": "grace@example.org", "name": "Grace"})
    session = checkout(customer=customer.id, customer_email=None)
    server.pay(session.id, email="grace@example.org")
    assert client.v1.checkout.sessions.list({"customer": customer.id}).data[0].status == "complete"
    with pytest.raises(stripe.InvalidRequestError):
        checkout(customer="cus_none", customer_email=None)
