"""Stripe's events: made up, many times over, out of order, lost."""

from app.extensions import db
from app.payments.tasks import handle_event, process_stripe_event, sweep_payments
from tests.payments.events import an_event, signed
from tests.races import at_once, fresh_rows

BUYER = "ada@example.org"


def test_an_event_made_up_by_someone_with_the_secret_still_enrolls_nobody(shop, client):
    session = shop.buy()
    body = an_event(session)
    assert client.post("/stripe/webhook", data=body, headers={"Stripe-Signature": signed(body)}).status_code == 200
    db.session.rollback()
    shop.work()
    assert (shop.order.state, shop.enrollments) == ("pending", [])


def test_what_an_event_tells_of_the_buyer_is_kept_until_it_is_acted_upon(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    stripe.fail_calls(503, path="/v1/checkout/sessions", times=9)
    shop.hear()
    [event] = [event for event in shop.events if event.type == "checkout.session.completed"]
    assert (event.processed_at, BUYER in event.payload) == (None, True)
    stripe.sandbox.faults.clear()
    with fresh_rows():
        handle_event(event.id)
    event = next(heard for heard in shop.events if heard.id == event.id)
    assert (event.processed_at is not None, BUYER in event.payload) == (True, False)
    assert (event.subject["id"], len(shop.enrollments)) == (session, 1)


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
    sweep_payments.call_local()
    assert len(shop.enrollments) == 1
    assert all(event.processed_at for event in shop.events)


def test_a_lost_webhook_is_made_good_by_the_sweep(shop, stripe, later, mail):
    stripe.pay(shop.buy())
    later(minutes=11)
    sweep_payments.call_local()
    assert len(shop.enrollments) == 1
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_an_event_whose_task_was_lost_is_found_by_the_sweep(shop, stripe):
    stripe.pay(shop.buy())
    db.session.rollback()
    stripe.deliver()
    assert shop.enrollments == []
    sweep_payments.call_local()
    assert len(shop.enrollments) == 1


def test_a_lost_answer_of_the_bank_is_made_good_by_the_sweep(shop, stripe, later):
    session = shop.buy()
    stripe.pay_by_debit(session)
    shop.hear()
    later(days=4)
    stripe.settle(session)
    sweep_payments.call_local()
    assert len(shop.enrollments) == 1


def test_an_expiry_nobody_told_of_frees_the_seat(shop, stripe, later):
    shop.buy()
    later(minutes=40)
    sweep_payments.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def test_a_session_stripe_forgot_to_close_is_closed(shop, stripe, monkeypatch, later):
    session = shop.buy()
    stripe.sandbox.store.get("checkout.session", session)["expires_at"] += 7200
    later(minutes=40)
    sweep_payments.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)
    assert stripe.sandbox.store.get("checkout.session", session)["status"] == "expired"


def test_an_order_of_another_stripe_account_is_let_go(shop, stripe, later):
    shop.buy()
    stripe.reset()
    later(minutes=40)
    sweep_payments.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)


def test_one_order_that_cannot_be_cleared_up_holds_up_no_other(shop, stripe, later):
    shop.buy()
    shop.buy(email="grace@example.org")
    later(minutes=40)
    stripe.fail_calls(400, path="/v1/checkout/sessions", method="GET", times=1)
    sweep_payments.call_local()
    assert sorted(order.state for order in shop.orders) == ["expired", "pending"]
