"""One answer per idempotency key: https://docs.stripe.com/api/idempotent_requests."""

import threading
import time

import pytest
import requests
import stripe

from tests.stripe_sandbox.conftest import order

KEY = {"idempotency_key": "order-1"}


def test_the_first_answer_is_replayed(client):
    first = client.v1.checkout.sessions.create(order(), KEY)
    second = client.v1.checkout.sessions.create(order(), KEY)
    assert second.id == first.id
    assert second.last_response.body == first.last_response.body
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_other_parameters_under_the_same_key_are_an_error(client):
    client.v1.checkout.sessions.create(order(), KEY)
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        client.v1.checkout.sessions.create(order(client_reference_id="order-2"), KEY)
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "Course"}, KEY)


def test_a_key_in_use_is_a_conflict(client, server):
    server.fail_calls("slow", seconds=0.4, path="/v1/checkout/sessions")
    first = threading.Thread(target=client.v1.checkout.sessions.create, args=(order(), KEY))
    first.start()
    while not server.requests():
        time.sleep(0.01)
    with pytest.raises(stripe.APIError) as conflict:
        client.v1.checkout.sessions.create(order(), KEY)
    assert (conflict.value.http_status, conflict.value.error.code) == (409, "idempotency_key_in_use")
    first.join()
    assert client.v1.checkout.sessions.create(order(), KEY).last_response.headers["Idempotent-Replayed"]


def test_twenty_at_once_make_one_session(client):
    made, conflicts = [], []

    def create():
        try:
            made.append(client.v1.checkout.sessions.create(order(), KEY).id)
        except stripe.APIError as conflict:
            conflicts.append(conflict.http_status)

    buyers = [threading.Thread(target=create) for _ in range(20)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    assert len(set(made)) == 1
    assert len(made) + len(conflicts) == 20
    assert set(conflicts) <= {409}
    assert len(client.v1.checkout.sessions.list().data) == 1


@pytest.mark.parametrize("wrong", [{"mode": "pay"}, {"success_url": "nowhere"}, {"expires_at": 1}])
def test_what_fails_before_it_begins_is_not_kept(client, wrong):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.create(order(**wrong), KEY)
    assert client.v1.checkout.sessions.create(order(), KEY).status == "open"


def test_an_error_of_the_call_itself_is_kept(client, checkout, server):
    session = checkout()
    server.pay(session.id)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="can be expired") as refusal:
            client.v1.checkout.sessions.expire(session.id, {}, KEY)
    assert refusal.value.headers["Idempotent-Replayed"] == "true"


def test_a_500_is_kept_too_and_not_worth_a_retry(client, server):
    server.fail_calls(500)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failure:
            client.v1.checkout.sessions.create(order(), KEY | {"max_network_retries": 2})
    assert failure.value.headers["Stripe-Should-Retry"] == "false"
    assert len(server.requests()) == 2


def test_keys_are_forgotten_after_a_day(client, server):
    first = client.v1.checkout.sessions.create(order(), KEY)
    server.advance(24 * 3600 + 1)
    assert client.v1.checkout.sessions.create(order(), KEY).id != first.id


def test_a_key_has_at_most_255_characters(client):
    with pytest.raises(stripe.IdempotencyError):
        client.v1.products.create({"name": "Course"}, {"idempotency_key": "k" * 256})
    client.v1.products.create({"name": "Course"}, {"idempotency_key": "k" * 255})


def test_reading_ignores_keys(client, server, checkout):
    headers = {"Idempotency-Key": "order-1", "Authorization": f"Bearer {server.api_key}"}
    url = f"{server.base_url}/v1/checkout/sessions/{checkout().id}"
    assert requests.get(url, headers=headers, timeout=5).json()["status"] == "open"
    server.expire(url.rpartition("/")[2])
    assert requests.get(url, headers=headers, timeout=5).json()["status"] == "expired"
