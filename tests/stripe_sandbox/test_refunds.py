import pytest
import stripe


@pytest.fixture
def intent(checkout, server):
    return server.pay(checkout().id)["payment_intent"]


def test_a_refund_in_full(client, intent, receiver):
    refund = client.v1.refunds.create({"payment_intent": intent, "reason": "requested_by_customer"})
    assert (refund.amount, refund.status) == (49_900, "succeeded")
    assert receiver.wait_for("refund.created")[0].data.object.payment_intent == intent
    charge = receiver.wait_for("charge.refunded")[0].data.object
    assert (charge.refunded, charge.amount_refunded) == (True, 49_900)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": intent})
    assert refusal.value.code == "charge_already_refunded"


def test_refunds_in_parts(client, intent):
    client.v1.refunds.create({"payment_intent": intent, "amount": 10_000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent, "amount": 40_000})
    client.v1.refunds.create({"payment_intent": intent, "amount": 20_000})
    full = client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge.refunds"]})
    assert [refund.amount for refund in full.latest_charge.refunds.data] == [20_000, 10_000]
    assert (full.latest_charge.refunded, full.latest_charge.amount_refunded) == (False, 30_000)
    assert client.v1.refunds.create({"payment_intent": intent}).amount == 19_900
    assert len(client.v1.refunds.list({"payment_intent": intent}).data) == 3


@pytest.mark.parametrize("params", [{}, {"payment_intent": "pi_none"}, {"amount": 1}, {"reason": "whim"}])
def test_a_refund_needs_a_payment(client, params):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create(params)


@pytest.mark.parametrize("amount", [0, -5])
def test_a_refund_is_of_something(client, intent, amount):
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent, "amount": amount})


def test_what_was_not_paid_is_not_refunded(client, checkout, server):
    session = checkout()
    intent = server.pay_by_debit(session.id)["payment_intent"]
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        client.v1.refunds.create({"payment_intent": intent})


def test_a_bank_refund_is_pending_first(client, checkout, server, receiver):
    session = checkout()
    intent = server.pay_by_debit(session.id)["payment_intent"]
    server.settle(session.id)
    assert client.v1.refunds.create({"payment_intent": intent}).status == "pending"
    updated = receiver.wait_for("refund.updated")[0]
    assert updated.data.object.status == "succeeded"
    assert updated.data.previous_attributes.status == "pending"


def test_a_refund_may_fail_later(client, intent, server, receiver):
    refund = client.v1.refunds.create({"payment_intent": intent})
    server.settle_refund(refund.id, "failed")
    assert receiver.wait_for("refund.failed")[0].data.object.status == "failed"
    charge = client.v1.payment_intents.retrieve(intent, {"expand": ["latest_charge"]}).latest_charge
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
