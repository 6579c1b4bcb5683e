"""Chargebacks and inquiries, and what they do to the balance and to refunds."""

import pytest
import requests
import stripe

from app.stripe_sandbox.cards import DISPUTED, INQUIRED
from app.stripe_sandbox.errors import StripeError


@pytest.fixture
def intent(checkout, server):
    return server.pay(checkout().id)["payment_intent"]


def balance(client):
    return sum(moved.net for moved in client.v1.balance_transactions.list({"limit": 100}).data)


def test_a_chargeback_takes_the_money_and_a_fee(client, intent, server, receiver):
    before = balance(client)
    dispute = server.dispute(intent, "product_not_received")
    assert (dispute["status"], dispute["amount"], dispute["is_charge_refundable"]) == ("needs_response", 49_900, False)
    found = client.v1.disputes.list({"payment_intent": intent}).data[0]
    assert (found.id, found.reason, found.payment_intent) == (dispute["id"], "product_not_received", intent)
    assert found.evidence.customer_email_address == "ada@example.org"
    assert [(taken.amount, taken.net) for taken in found.balance_transactions] == [(-49_900, -51_400)]
    assert before - balance(client) == 51_400
    charge = client.v1.charges.retrieve(found.charge)
    assert (charge.disputed, charge.refunded, charge.paid) == (True, False, True)
    receiver.wait_for("charge.dispute.funds_withdrawn")
    assert receiver.types[-2:] == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    assert receiver.events[-1].data.object.charge == charge.id


def test_a_dispute_won_gives_it_back(client, intent, server, receiver):
    before = balance(client)
    dispute = server.decide_dispute(server.dispute(intent)["id"], "won")
    assert [moved["net"] for moved in dispute["balance_transactions"]] == [-51_400, 49_900]
    assert before - balance(client) == 1_500
    assert receiver.wait_for("charge.dispute.closed")[0].data.object.status == "won"
    assert receiver.wait_for("charge.dispute.funds_reinstated")[0].data.object.id == dispute["id"]
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 49_900


def test_a_dispute_lost_is_over(client, intent, server, receiver):
    dispute = server.dispute(intent)["id"]
    assert client.v1.disputes.close(dispute).status == "lost"
    assert receiver.wait_for("charge.dispute.closed")[0].data.object.status == "lost"
    assert "charge.dispute.funds_reinstated" not in receiver.types
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        client.v1.disputes.close(dispute)
    with pytest.raises(StripeError, match="cannot become warning_closed"):
        server.decide_dispute(dispute, "warning_closed")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent})
    assert refusal.value.code == "charge_disputed"
    server.decide_dispute(dispute, "won")  # The bank gives in after all.
    assert receiver.wait_for("charge.dispute.funds_reinstated")
    assert client.v1.refunds.create({"payment_intent": intent}).status == "succeeded"


def test_an_inquiry_takes_nothing_and_may_become_a_chargeback(client, intent, server, receiver):
    before = balance(client)
    dispute = server.dispute(intent, inquiry=True)
    assert (dispute["status"], dispute["is_charge_refundable"]) == ("warning_needs_response", True)
    receiver.wait_for("charge.dispute.created")
    assert balance(client) == before
    server.decide_dispute(dispute["id"], "needs_response")
    updated = receiver.wait_for("charge.dispute.updated")[0].data
    assert (updated.object.status, updated.previous_attributes.status) == ("needs_response", "warning_needs_response")
    receiver.wait_for("charge.dispute.funds_withdrawn")
    assert before - balance(client) == 51_400


def test_an_inquiry_ends_when_all_is_given_back(client, intent, server, receiver):
    dispute = server.dispute(intent, inquiry=True)["id"]
    client.v1.refunds.create({"payment_intent": intent, "amount": 900})
    assert client.v1.disputes.retrieve(dispute).status == "warning_needs_response"
    client.v1.refunds.create({"payment_intent": intent})
    assert receiver.wait_for("charge.dispute.closed")[0].data.object.status == "warning_closed"


def test_evidence_goes_to_the_bank(client, intent, server, receiver):
    dispute = server.dispute(intent)["id"]
    staged = client.v1.disputes.update(dispute, {"evidence": {"product_description": "A course"}, "submit": False})
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    sent = client.v1.disputes.update(dispute, {"submit": True, "metadata": {"order": "1"}})
    assert (sent.status, sent.evidence.product_description, sent.metadata.order) == ("under_review", "A course", "1")
    assert receiver.wait_for("charge.dispute.updated")[0].data.object.status == "under_review"
    with pytest.raises(stripe.InvalidRequestError, match="needs a response"):
        client.v1.disputes.update(dispute, {"evidence": {"product_description": "Again"}})
    assert server.decide_dispute(dispute, "won")["status"] == "won"


@pytest.mark.parametrize(("words", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_stripes_test_evidence_decides(client, intent, server, words, status):
    dispute = server.dispute(intent)["id"]
    assert client.v1.disputes.update(dispute, {"evidence": {"uncategorized_text": words}}).status == status


def test_stripes_test_cards_are_disputed(client, checkout, server, receiver):
    server.pay(checkout().id, DISPUTED)
    server.pay(checkout().id, INQUIRED)
    receiver.wait_for("charge.dispute.created", 2)
    assert [dispute.status for dispute in client.v1.disputes.list().data] == [
        *("warning_needs_response", "needs_response")
    ]


def test_a_part_is_disputed_once_at_a_time(client, checkout, intent, server):
    client.v1.refunds.create({"payment_intent": intent, "amount": 900})
    with pytest.raises(StripeError, match="from 1 to 49000"):
        server.dispute(intent, amount=49_001)
    assert server.dispute(intent, amount=100)["amount"] == 100
    with pytest.raises(StripeError, match="disputed already"):
        server.dispute(intent)
    session = checkout()
    server.pay_by_debit(session.id)
    for payment in (session.id, "pi_none"):
        with pytest.raises(StripeError):
            server.dispute(payment)
    with pytest.raises(StripeError, match="reason"):
        server.dispute(server.pay(checkout().id)["id"], "whim")


def test_disputes_are_found_by_charge_and_time(client, checkout, server):
    first = server.dispute(server.pay(checkout().id)["id"])
    server.advance(100)
    second = server.dispute(server.pay(checkout().id)["id"])
    assert [found.id for found in client.v1.disputes.list().data] == [second["id"], first["id"]]
    assert [found.id for found in client.v1.disputes.list({"charge": first["charge"]}).data] == [first["id"]]
    since = {"gte": second["created"] - 10}
    assert [found.id for found in client.v1.disputes.list({"created": since}).data] == [second["id"]]
    expanded = client.v1.disputes.retrieve(first["id"], {"expand": ["charge", "payment_intent"]})
    assert expanded.charge.payment_intent == expanded.payment_intent.id


def test_what_moves_the_balance_is_named(client, checkout, server):
    intent = server.pay(checkout().id)["payment_intent"]
    charge = client.v1.charges.list({"payment_intent": intent, "expand": ["data.balance_transaction"]}).data[0]
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (1_477, 48_423)
    refund = client.v1.refunds.create({"payment_intent": intent, "amount": 900, "expand": ["balance_transaction"]})
    assert (refund.balance_transaction.type, refund.balance_transaction.amount) == ("refund", -900)
    server.settle_refund(refund.id, "failed")
    kinds = [moved.type for moved in client.v1.balance_transactions.list({"source": refund.id}).data]
    assert kinds == ["refund_failure", "refund"]


def test_disputes_over_http_and_on_the_overview(client, checkout, server):
    tell = f"{server.base_url}/_sandbox/disputes"
    session = server.pay(checkout().id)["id"]
    dispute = requests.post(tell, json={"payment": session, "inquiry": True}, timeout=5).json()
    assert requests.post(tell, json={"payment": session, "how": "x"}, timeout=5).status_code == 400
    ended = requests.post(f"{tell}/{dispute['id']}", json={"status": "warning_closed"}, timeout=5).json()
    assert ended["status"] == "warning_closed"
    assert requests.post(f"{tell}/{dispute['id']}", json={}, timeout=5).status_code == 400
    do = {"payment": dispute["charge"]}
    requests.post(server.base_url, data=do | {"do": "refund", "amount": "900"}, timeout=5)
    page = requests.post(server.base_url, data=do | {"do": "dispute"}, timeout=5).text
    assert "needs_response" in page
    opened = client.v1.disputes.list().data[0]
    assert opened.amount == 49_000
    page = requests.post(server.base_url, data={"do": "decide", "dispute": opened.id, "status": "won"}, timeout=5).text
    assert "won" in page
