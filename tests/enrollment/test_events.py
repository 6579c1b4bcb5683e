"""Stripe's events: forged, stale, many times over, out of order, lost."""

import json
import time

import pytest
import stripe as stripe_library

from app.enrollment.stripe_events import StripeEvent
from app.enrollment.tasks import process_stripe_event, sweep_orders
from app.extensions import db
from app.stripe_sandbox.server import WEBHOOK_SECRET
from tests.enrollment.conftest import at_once

BUYER = "ada@example.org"


def signed(body: str, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    moment = int(at or time.time())
    return stripe_library.WebhookSignature.generate_signature_header(body, secret, moment)


def an_event(session: str, **changes: object) -> str:
    subject = {"id": session, "object": "checkout.session", "payment_status": "paid"}
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": False}
    return json.dumps(event | {"data": {"object": subject}} | changes)


BODY = an_event("cs_test_1")
EARLIER, LATER = time.time() - 301, time.time() + 3600


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "nonsense"),
        (BODY, "t=1,v1=\u2603".encode().decode("latin-1")),
        (BODY, signed(BODY, secret="whsec_other")),
        (BODY, signed(BODY, at=EARLIER)),
        (BODY, signed(BODY, at=LATER)),
        (BODY, signed(BODY + " ")),
        (BODY.replace("cs_test_1", "cs_test_2"), signed(BODY)),
        ("[]", signed("[]")),
        ("not json", signed("not json")),
        (an_event("x", livemode=True), signed(an_event("x", livemode=True))),
        (an_event("x", id=7), signed(an_event("x", id=7))),
        (an_event("x", data=[]), signed(an_event("x", data=[]))),
    ],
    ids=[
        *("no header", "empty header", "nonsense", "not ASCII", "another's secret", "stale", "from the future"),
        *("altered body", "altered session", "a list", "no JSON", "live", "odd id", "odd data"),
    ],
)
def test_what_stripe_did_not_sign_for_us_now_leaves_no_trace(shop, client, body, header):
    headers = {} if header is None else {"Stripe-Signature": header}
    answer = client.post("/stripe/webhook", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 400
    assert shop.events == []


def test_without_a_secret_no_event_is_believed(app, shop, client, monkeypatch):
    for nothing in (None, "", " "):
        monkeypatch.setitem(app.config, "STRIPE_WEBHOOK_SECRET", nothing)
        header = signed(BODY, secret=nothing or "")
        assert client.post("/stripe/webhook", data=BODY, headers={"Stripe-Signature": header}).status_code == 400
    assert shop.events == []


def test_an_event_made_up_by_someone_with_the_secret_still_enrolls_nobody(shop, client):
    session = shop.buy()
    body = an_event(session)
    assert client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)}).status_code == 200
    db.session.rollback()
    shop.work()
    assert (shop.order.state, shop.enrollments) == ("pending", [])


def test_events_that_are_not_ours_are_taken_and_left_alone(shop, client):
    for number, kind in enumerate(("customer.created", "charge.refunded", "checkout.session.completed")):
        body = an_event("cs_test_unknown", id=f"evt_{number}", type=kind)
        answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
        assert answer.status_code == 200
    db.session.rollback()
    shop.work()
    assert all(event.processed_at for event in shop.events)


def test_the_same_event_ten_times_at_once_enrolls_once(shop, stripe, mail):
    session = shop.buy()
    stripe.pay(session)
    [event] = stripe.events("checkout.session.completed")
    [delivery] = shop.hear(event["id"], copies=10)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [200] * 10
    assert len(shop.events) == 1
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_an_event_handled_by_many_workers_at_once_enrolls_once(app, shop, stripe, mail):
    stripe.pay(shop.buy())
    [event] = stripe.events("checkout.session.completed")
    db.session.rollback()
    stripe.deliver(event["id"])
    [row] = shop.events

    def handle(_: int) -> None:
        with app.app_context():
            process_stripe_event.call_local(row.id)

    assert at_once(10, handle) == [None] * 10
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1
    assert shop.books_balance


def test_webhook_and_return_page_at_once_enroll_once(app, shop, stripe, mail):
    session = shop.buy()
    stripe.pay(session)
    [event] = stripe.events("checkout.session.completed")
    db.session.rollback()
    stripe.deliver(event["id"])
    [row] = shop.events

    def handle(index: int) -> int:
        if index % 2:
            return app.test_client().get(f"/course/checkout/complete?session_id={session}").status_code
        with app.app_context():
            process_stripe_event.call_local(row.id)
        return 200

    assert at_once(10, handle) == [200] * 10
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_events_in_any_order_end_the_same(shop, stripe, mail):
    session = shop.buy()
    stripe.pay_by_debit(session)
    stripe.settle(session)
    shop.hear(*[event["id"] for event in reversed(stripe.events())])
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 1)
    assert [letter.template for letter in mail.to(BUYER)] == ["enrollment/enrolled"]


def test_a_handler_that_fails_tries_again_and_then_succeeds(shop, stripe, later):
    stripe.pay(shop.buy())
    stripe.fail_calls(503, path="/v1/checkout/sessions", method="GET", times=3)
    shop.hear()
    assert shop.enrollments == []
    assert any(event.last_error for event in shop.events)
    later(minutes=2)
    sweep_orders.call_local()
    assert len(shop.enrollments) == 1
    assert all(event.processed_at for event in shop.events)


def test_a_lost_webhook_is_made_good_by_the_sweep(shop, stripe, later, mail):
    stripe.pay(shop.buy())
    later(minutes=11)
    sweep_orders.call_local()
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_an_event_whose_task_was_lost_is_found_by_the_sweep(shop, stripe):
    stripe.pay(shop.buy())
    db.session.rollback()
    stripe.deliver()
    assert shop.enrollments == []
    sweep_orders.call_local()
    assert len(shop.enrollments) == 1


def test_a_lost_answer_of_the_bank_is_made_good_by_the_sweep(shop, stripe, later):
    session = shop.buy()
    stripe.pay_by_debit(session)
    shop.hear()
    later(days=4)
    stripe.settle(session)
    sweep_orders.call_local()
    assert len(shop.enrollments) == 1


def test_an_expiry_nobody_told_of_frees_the_seat(shop, stripe, later):
    shop.buy()
    later(minutes=40)
    sweep_orders.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def test_a_session_stripe_forgot_to_close_is_closed(shop, stripe, monkeypatch, later):
    session = shop.buy()
    stripe.sandbox.store.get("checkout.session", session)["expires_at"] += 7200
    later(minutes=40)
    sweep_orders.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)
    assert stripe.sandbox.store.get("checkout.session", session)["status"] == "expired"


def test_an_order_of_another_stripe_account_is_let_go(shop, stripe, later):
    shop.buy()
    stripe.reset()
    later(minutes=40)
    sweep_orders.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def test_one_order_that_cannot_be_cleared_up_holds_up_no_other(shop, stripe, later):
    shop.buy()
    shop.buy(email="grace@example.org")
    later(minutes=40)
    stripe.fail_calls(400, path="/v1/checkout/sessions", method="GET", times=1)
    sweep_orders.call_local()
    assert sorted(order.state for order in shop.orders) == ["expired", "pending"]


def test_an_event_is_stored_or_refused_but_never_half(app, shop, stripe, client, monkeypatch):
    body = an_event("cs_test_1")
    monkeypatch.setattr(StripeEvent, "receive", lambda *_: 1 / 0)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    answer = client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)})
    assert answer.status_code == 500
    assert shop.events == []
