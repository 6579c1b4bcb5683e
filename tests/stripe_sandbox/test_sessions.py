"""A session from its making to its end, paid without a browser."""

import pytest
import stripe

from app.stripe_sandbox.cards import CLOSED_ACCOUNT, DECLINED, THREE_D_SECURE
from app.stripe_sandbox.errors import StripeError
from app.stripe_sandbox.sandbox import LIBRARY, NOT_ALWAYS_THERE


def test_a_new_session_waits_for_its_buyer(client, checkout):
    session = checkout()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (49_900, "usd")
    assert session.expires_at - session.created == 24 * 3600
    assert "line_items" not in session.to_dict()
    full = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert full.line_items.data[0].description == "Leading without a title"
    assert client.v1.checkout.sessions.line_items.list(session.id).data[0].amount_total == 49_900


def test_a_good_card_completes_it(client, checkout, server, receiver):
    session = checkout(customer_creation="always")
    server.pay(session.id, name="Ada Lovelace")
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge", "customer"]})
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (paid.customer_details.email, paid.customer_details.name) == ("ada@example.org", "Ada Lovelace")
    assert paid.customer.email == "ada@example.org"
    assert paid.payment_intent.metadata.order == "1"
    assert paid.payment_intent.latest_charge.metadata.order == "1"
    completed = receiver.wait_for("checkout.session.completed")[0]
    assert completed.data.object.id == session.id
    assert (completed.livemode, completed.api_version) == (False, stripe.api_version)
    assert receiver.types == [
        *("payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "customer.created"),
        "checkout.session.completed",
    ]
    assert client.v1.checkout.sessions.list({"payment_intent": paid.payment_intent.id}).data[0].id == session.id


def test_a_declined_card_leaves_it_open_for_another(client, checkout, server, receiver):
    session = checkout()
    with pytest.raises(StripeError) as decline:
        server.pay(session.id, DECLINED)
    assert (decline.value.status, decline.value.detail["decline_code"]) == (402, "generic_decline")
    failed = receiver.wait_for("payment_intent.payment_failed")[0].data.object
    assert failed.last_payment_error.decline_code == "generic_decline"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert server.pay(session.id)["payment_status"] == "paid"
    intent = client.v1.payment_intents.retrieve(failed.id)
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert [charge.status for charge in client.v1.charges.list({"payment_intent": intent.id}).data] == [
        *("succeeded", "failed")
    ]


def test_3d_secure_refused_by_the_buyer(checkout, server):
    session = checkout()
    with pytest.raises(StripeError, match="unable to authenticate"):
        server.pay(session.id, THREE_D_SECURE, authenticated=False)
    assert server.pay(session.id, THREE_D_SECURE)["status"] == "complete"


def test_a_session_is_paid_once(checkout, server):
    session = checkout()
    server.pay(session.id)
    with pytest.raises(StripeError, match="status of `complete`"):
        server.pay(session.id)


def test_a_debit_completes_it_unpaid_and_settles_later(client, checkout, server, receiver):
    session = checkout()
    assert server.pay_by_debit(session.id)["payment_status"] == "unpaid"
    assert receiver.wait_for("checkout.session.completed")[0].data.object.payment_status == "unpaid"
    late = receiver.wait_for("checkout.session.async_payment_succeeded")[0]
    assert late.data.object.payment_status == "paid"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_debit_that_bounces(client, checkout, server, receiver):
    session = checkout()
    server.pay_by_debit(session.id, CLOSED_ACCOUNT)
    assert receiver.wait_for("checkout.session.async_payment_failed")[0].data.object.payment_status == "unpaid"
    found = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (found.status, found.payment_status) == ("complete", "unpaid")
    assert found.payment_intent.last_payment_error.code == "account_closed"


def test_a_debit_settles_when_told_and_only_once(checkout, server):
    session = checkout()
    server.pay_by_debit(session.id)
    assert server.settle(session.id, succeeds=False)["payment_status"] == "unpaid"
    with pytest.raises(StripeError, match="No bank debit"):
        server.settle(session.id, succeeds=True)


def test_a_debit_is_not_offered_when_left_out(checkout, server):
    session = checkout(excluded_payment_method_types=["us_bank_account"])
    assert session.payment_method_types == ["card"]
    with pytest.raises(StripeError, match="does not take bank debits"):
        server.pay_by_debit(session.id)


def test_nothing_to_pay_is_complete_without_payment(client, checkout, server):
    price = {"currency": "usd", "unit_amount": 0, "product_data": {"name": "Course"}}
    session = checkout(line_items=[{"quantity": 1, "price_data": price}])
    server.pay(session.id)
    paid = client.v1.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status, paid.payment_intent) == ("complete", "no_payment_required", None)


def test_a_session_expires_by_itself(client, checkout, server, receiver):
    session = checkout()
    server.advance(24 * 3600)
    assert receiver.wait_for("checkout.session.expired")[0].data.object.id == session.id
    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    with pytest.raises(StripeError, match="status of `expired`"):
        server.pay(session.id)


def test_a_session_is_expired_by_the_site_once(client, checkout):
    session = checkout()
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        client.v1.checkout.sessions.expire(session.id)


def test_consent_is_recorded_as_answered(checkout, server):
    asked = {"promotions": "auto", "terms_of_service": "required"}
    session = checkout(consent_collection=asked)
    with pytest.raises(StripeError, match="terms of service"):
        server.pay(session.id)
    consent = server.pay(session.id, terms=True, promotions=True)["consent"]
    assert consent == {"promotions": "opt_in", "terms_of_service": "accepted"}


ONLY_WITHIN_OTHERS = {
    "discount": lambda store: next(store.all("checkout.session"))["_discount"]["discount"],
    "line_item": lambda store: next(store.all("invoice"))["lines"]["data"][0],
    "tax_rate": lambda store: next(store.all("checkout.session"))["_tax"]["rates"]["exclusive"],
}


def test_objects_have_the_fields_the_library_knows(client, checkout, server):
    """Each kind is made once, then compared with the library's own resource class."""
    server.make_code("SPRING", percent_off=20)
    asked = {"invoice_creation": {"enabled": True}, "automatic_tax": {"enabled": True}}
    session = checkout(customer_creation="always", allow_promotion_codes=True, **asked)
    intent = server.pay(session.id, code="SPRING")["payment_intent"]
    server.dispute(intent, inquiry=True)
    client.v1.refunds.create({"payment_intent": intent})
    client.v1.webhook_endpoints.create({"url": "https://example.org/hook", "enabled_events": ["*"]})
    for kind, resource in LIBRARY.items():
        store = server.sandbox.store
        shown = [ONLY_WITHIN_OTHERS[kind](store)] if kind in ONLY_WITHIN_OTHERS else store.objects[kind].values()
        names = resource.__annotations__.keys() - NOT_ALWAYS_THERE
        for obj in shown:
            assert {name for name in obj if not name.startswith("_")} == names, kind
