"""API calls made to fail."""

import time

import pytest
import stripe

from tests.stripe_sandbox.conftest import order

KEY = {"idempotency_key": "order-1"}


@pytest.mark.parametrize(
    ("status", "error"), [(429, stripe.RateLimitError), (409, stripe.APIError), (503, stripe.APIError)]
)
def test_a_refused_call_succeeds_with_the_same_key_later(client, server, status, error):
    server.fail_calls(status)
    with pytest.raises(error) as failure:
        client.v1.checkout.sessions.create(order(), KEY)
    assert failure.value.http_status == status
    assert client.v1.checkout.sessions.create(order(), KEY).status == "open"


def test_the_library_tries_again_by_itself(client, server):
    server.fail_calls(503, times=2)
    session = client.v1.checkout.sessions.create(order(), {"max_network_retries": 2})
    assert session.status == "open"
    assert [call["status"] for call in server.requests()] == [503, 503, 200]
    assert len({call["idempotency_key"] for call in server.requests()}) == 1


def test_a_lost_answer_is_fetched_by_its_key(client, server):
    server.fail_calls("drop", after=True)
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(order(), KEY)
    session = client.v1.checkout.sessions.create(order(), KEY)
    assert session.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.checkout.sessions.list().data) == 1


def test_a_lost_call_leaves_nothing(client, server):
    server.fail_calls("drop")
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(order(), KEY)
    assert client.v1.checkout.sessions.list().data == []


def test_no_answer_in_time(server):
    http_client = stripe.RequestsClient(timeout=0.3)
    impatient = stripe.StripeClient(server.api_key, base_addresses={"api": server.base_url}, http_client=http_client)
    server.fail_calls("timeout")
    started = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.checkout.sessions.create(order())
    assert time.monotonic() - started < 2
    http_client.close()


def test_a_fault_meets_only_the_calls_it_is_meant_for(client, server):
    server.fail_calls(503, path="/v1/refunds", method="POST")
    assert client.v1.checkout.sessions.create(order()).status == "open"
    assert client.v1.refunds.list().data == []
    with pytest.raises(stripe.APIError):
        client.v1.refunds.create({"payment_intent": "pi_none"})


@pytest.mark.parametrize("details", [{"status": "often"}, {"status": 200}, {"status": 500, "path": "/", "how": "x"}])
def test_a_fault_that_cannot_be_is_refused(server, details):
    with pytest.raises(ValueError):
        server.fail_calls(**details)
