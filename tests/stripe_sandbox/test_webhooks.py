"""Events and how they arrive, or fail to."""

import time

import pytest
import requests
import stripe

from tests.stripe_sandbox.conftest import Receiver


def test_events_are_signed_and_delivered_once(client, checkout, server, receiver):
    server.pay(checkout().id)
    assert server.wait_until_delivered()
    ids = [event.id for event in receiver.events]
    assert len(ids) == len(set(ids)) == 4
    event = client.v1.events.retrieve(ids[-1])
    assert (event.type, event.pending_webhooks) == ("checkout.session.completed", 0)


def test_letters_beyond_ascii_survive_the_signature(checkout, server, receiver):
    server.pay(checkout().id, name="Åsa Ünal 李")
    assert receiver.wait_for("checkout.session.completed")[0].data.object.customer_details.name == "Åsa Ünal 李"


def test_an_event_tells_which_request_caused_it(client, checkout, receiver):
    session = checkout()
    client.v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "expire-1"})
    request = receiver.wait_for("checkout.session.expired")[0].request
    assert request.id.startswith("req_")
    assert request.idempotency_key == "expire-1"


def test_a_receiver_that_fails_is_tried_again(checkout, server, receiver):
    receiver.status = 500
    server.expire(checkout().id)
    receiver.wait_for("checkout.session.expired", 2)
    receiver.status = 200
    assert server.wait_until_delivered()
    assert [made["status"] for made in server.deliveries()[0]["attempts"]][-1] == 200


def test_a_redirect_is_a_failure_and_attempts_end(client, checkout, server, receiver):
    receiver.status = 302
    server.expire(checkout().id)
    receiver.wait_for("checkout.session.expired", 3)
    assert server.wait_until_delivered()
    assert server.deliveries()[0]["state"] == "failed"
    missed = client.v1.events.list({"delivery_success": False})
    assert [event.type for event in missed.data] == ["checkout.session.expired"]


def test_a_receiver_that_is_down_gets_its_events_later(client, checkout, server):
    server.send_webhooks_to("http://127.0.0.1:9/none")
    server.expire(checkout().id)
    while len(server.deliveries()[0]["attempts"]) < 3:
        time.sleep(0.01)
    receiver = Receiver(server.webhook_secret)
    server.send_webhooks_to(receiver.url)
    server.deliver()
    receiver.wait_for("checkout.session.expired")
    assert client.v1.events.list({"delivery_success": True}).data[0].type == "checkout.session.expired"
    receiver.server.shutdown()
    receiver.server.server_close()


def test_duplicates_arrive_at_the_same_moment(checkout, server, receiver):
    server.set_chaos(duplicate=9)
    receiver.seconds = 0.2
    server.expire(checkout().id)
    events = receiver.wait_for("checkout.session.expired", 10)
    assert len({event.id for event in events}) == 1
    assert receiver.most_busy > 5


def test_dropped_events_wait_until_told(client, checkout, server, receiver):
    server.set_chaos(drop=True)
    server.pay(checkout().id)
    assert server.wait_until_delivered()
    assert receiver.events == []
    assert len(client.v1.events.list({"delivery_success": False}).data) == 4
    server.deliver()
    assert len(receiver.events) == 4
    assert client.v1.events.list({"delivery_success": False}).data == []


def test_only_so_many_are_dropped(checkout, server, receiver):
    server.set_chaos(drop=3)
    server.pay(checkout().id)
    receiver.wait_for("checkout.session.completed")
    assert receiver.types == ["checkout.session.completed"]
    assert server.set_chaos()["drop"] == 0


def test_reordered_events_come_newest_first(checkout, server, receiver):
    server.set_chaos(reorder=True)
    server.pay(checkout().id)
    receiver.wait_for("payment_intent.created")
    assert receiver.types[0] == "checkout.session.completed"
    assert receiver.types[-1] == "payment_intent.created"


def test_delayed_events_come_late(checkout, server, receiver):
    server.set_chaos(delay=0.4)
    server.expire(checkout().id)
    event = server.deliveries()[0]
    receiver.wait_for("checkout.session.expired")
    assert server.wait_until_delivered()
    assert server.deliveries()[0]["attempts"][0]["at"] - event["queued_at"] >= 0.4


def test_events_are_delivered_again_in_the_order_asked(checkout, server, receiver):
    server.set_chaos(drop=True)
    server.pay(checkout().id)
    ids = [event["id"] for event in server.events()]
    server.deliver(*reversed(ids), copies=2)
    assert [event.id for event in receiver.events] == [id for id in reversed(ids) for _ in range(2)]
    server.deliver(*ids, together=True)
    assert len(receiver.events) == 12


def test_an_old_signature_can_be_sent(checkout, server, receiver):
    server.set_chaos(drop=True)
    server.expire(checkout().id)
    server.deliver(age_seconds=301)
    assert (receiver.refused, receiver.events) == (1, [])


def test_endpoints_made_by_the_api_get_what_they_asked_for(client, checkout, server):
    receiver = Receiver("")
    made = client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["checkout.session.completed"], "api_version": stripe.api_version}
    )
    receiver.secret = made.secret
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id).to_dict()
    server.pay(checkout().id)
    receiver.wait_for("checkout.session.completed")
    assert receiver.types == ["checkout.session.completed"]
    client.v1.webhook_endpoints.delete(made.id)
    assert client.v1.webhook_endpoints.list().data == []
    receiver.server.shutdown()
    receiver.server.server_close()


def test_events_are_listed_by_type_and_time(client, checkout, server):
    server.pay(checkout().id)
    server.expire(checkout().id)
    sessions = client.v1.events.list({"type": "checkout.session.*"})
    assert [event.type for event in sessions.data] == ["checkout.session.expired", "checkout.session.completed"]
    types = client.v1.events.list({"types": ["charge.succeeded", "payment_intent.succeeded"]})
    assert len(types.data) == 2
    assert client.v1.events.list({"created": {"lt": sessions.data[0].created - 100}}).data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"type": "charge.succeeded", "types": ["charge.succeeded"]})
    everything = list(client.v1.events.list({"limit": 2}).auto_paging_iter())
    assert len(everything) == 5


def test_a_snapshot_does_not_change_with_its_object(client, checkout, server):
    session = checkout()
    server.pay_by_debit(session.id)
    server.settle(session.id)
    completed = client.v1.events.list({"type": "checkout.session.completed"}).data[0]
    assert completed.data.object.payment_status == "unpaid"


def test_unknown_chaos_is_refused(server):
    with pytest.raises(ValueError, match="unknown setting"):
        server.set_chaos(shuffle=True)
    answer = requests.post(f"{server.base_url}/_sandbox/chaos", json={"delay": "long"}, timeout=5)
    assert answer.status_code == 400
