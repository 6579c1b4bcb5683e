"""What a site asks in order to compare its records with Stripe's, and to find the events it missed."""

import pytest
import requests
import stripe

from app.stripe_sandbox.errors import StripeError

DAY = 24 * 3600


@pytest.fixture
def silent(server, receiver):
    """Events are kept back from here on."""
    server.set_chaos(drop=True)


def missed(client, **params):
    return client.v1.events.list({"delivery_success": False, **params})


def test_what_was_kept_back_is_asked_for_by_type_and_time(client, checkout, server, silent):
    server.pay(checkout().id)
    server.advance(DAY)
    late = server.expire(checkout().id)
    types = ["checkout.session.completed", "checkout.session.expired", "charge.dispute.created"]
    assert [event.type for event in missed(client, types=types).data] == types[1::-1]
    since = {"gte": server.sandbox.now() - 60}
    [event] = missed(client, types=types, created=since).data
    assert event.data.object.id == late["id"]
    server.deliver(event.id)
    assert missed(client, types=types, created=since).data == []


def test_what_no_attempt_delivered_counts_as_missed(client, checkout, server, receiver):
    receiver.status = 500
    server.expire(checkout().id)
    assert [event.type for event in missed(client).data] == ["checkout.session.expired"]
    assert server.wait_until_delivered()
    assert [event.type for event in missed(client).data] == ["checkout.session.expired"]


def test_pages_go_on_where_a_delivered_event_was(client, checkout, server, silent):
    for _ in range(5):
        server.expire(checkout().id)
    first = missed(client, limit=2)
    assert first.has_more
    server.deliver(*[event.id for event in first.data])
    rest = missed(client, limit=10, starting_after=first.data[-1].id)
    assert (len(rest.data), rest.has_more) == (3, False)
    assert [event.id for event in missed(client, ending_before=rest.data[-1].id).data] == [
        event.id for event in rest.data[:2]
    ]


def test_events_are_kept_for_thirty_days(client, checkout, server):
    server.expire(checkout().id)
    [event] = client.v1.events.list().data
    server.advance(30 * DAY + 60)
    assert client.v1.events.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.events.retrieve(event.id)
    assert refusal.value.code == "resource_missing"


def test_sessions_are_found_by_time_state_payment_and_buyer(client, checkout, server):
    old = server.pay(checkout().id)
    server.advance(DAY)
    paid, waiting = server.pay(checkout().id, email="grace@example.org"), checkout()

    def found(**params):
        return [session.id for session in client.v1.checkout.sessions.list(params).auto_paging_iter()]

    since = {"gte": paid["created"]}
    assert found(created=since, limit=1) == [waiting.id, paid["id"]]
    assert found(created=since, status="complete") == [paid["id"]]
    assert found(created={"lt": paid["created"]}) == [old["id"]]
    assert found(payment_intent=old["payment_intent"]) == [old["id"]]
    assert found(customer_details={"email": "grace@example.org"}) == [paid["id"]]
    assert found(status="complete", starting_after=waiting.id) == [paid["id"], old["id"]]


def test_money_is_found_by_time(client, checkout, server):
    first = server.pay(checkout().id)["payment_intent"]
    client.v1.refunds.create({"payment_intent": first})
    server.advance(DAY)
    second = server.pay(checkout().id)["payment_intent"]
    client.v1.refunds.create({"payment_intent": second, "amount": 900})
    since = {"created": {"gte": server.sandbox.now() - 60}}
    expand = {"expand": ["data.charge"]}
    assert [intent.id for intent in client.v1.payment_intents.list(since).data] == [second]
    assert [charge.payment_intent for charge in client.v1.charges.list(since).data] == [second]
    [refund] = client.v1.refunds.list(since | expand).data
    assert (refund.amount, refund.charge.amount_refunded) == (900, 900)
    assert client.v1.invoices.list({"due_date": {"gte": 1}}).data == []


def test_a_failed_refund_leaves_it_to_be_given_back_again(client, checkout, server, receiver):
    server.set_tax(percent=10)
    server.make_code("HALF", percent_off=50)
    session = checkout(allow_promotion_codes=True, automatic_tax={"enabled": True})
    paid = server.pay(session.id, code="HALF")
    refund = server.refund(paid["id"], 10_000)
    server.settle_refund(refund["id"], "failed")
    assert receiver.wait_for("refund.failed")[0].data.object.failure_reason
    left = paid["amount_total"]
    with pytest.raises(StripeError, match=r"\$274.46\) is greater than unrefunded amount on charge \(\$274.45"):
        server.refund(paid["id"], left + 1)
    assert server.refund(paid["id"])["amount"] == left == 27_445


def test_a_recovered_checkout_lives_for_a_day(client, checkout, server):
    session = checkout(after_expiration={"recovery": {"enabled": True}})
    server.advance(DAY)
    expired = client.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.after_expiration.recovery.allow_promotion_codes) == ("expired", False)
    assert abs(expired.after_expiration.recovery.expires_at - server.sandbox.now() - 30 * DAY) < 60
    requests.get(expired.after_expiration.recovery.url, timeout=5)
    [fresh] = client.v1.checkout.sessions.list({"status": "open"}).data
    assert (fresh.recovered_from, fresh.expires_at - fresh.created) == (session.id, DAY)
    assert fresh.after_expiration.recovery.url is None
