"""Stripe's events lost, doubled and out of order: it all ends as if each had come once and in time."""

import random

import pytest

from app.extensions import db
from app.payments.stripe_events import StripeEvent
from app.payments.tasks import process_stripe_event, sweep_payments
from tests.coaching.paying.conftest import PRICE
from tests.coaching.private_link import private_link
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows

ADA = "ada@example.org"


@pytest.mark.parametrize("seed", range(5))
def test_events_that_are_lost_doubled_and_out_of_order_end_as_all_others(desk, stripe, mail, later, seed):
    dice = random.Random(seed)
    fates = dice.choices(["paid", "paid", "expired", "left"], k=5)
    for number, fate in enumerate(fates):
        session = desk.go_to_pay(email=f"doctor{number}@example.org", slot=desk.slot(2 * number))
        if fate == "paid":
            stripe.pay(session)
        elif fate == "expired":
            stripe.expire(session)
    told = [event["id"] for event in stripe.events() for _ in range(dice.choice([0, 1, 1, 3]))]
    dice.shuffle(told)
    for event_id in told:
        desk.hear(event_id)
        if dice.random() < 0.2:
            sweep_payments.call_local()
    later(minutes=45)
    sweep_payments.call_local()
    assert sorted(desk.booked) == [
        desk.starts_at.replace(hour=14 + 2 * number) for number, fate in enumerate(fates) if fate == "paid"
    ]
    for number, fate in enumerate(fates):
        letters = [letter.template for letter in mail.to(f"doctor{number}@example.org")]
        assert letters == (["coaching/consultation_booked"] if fate == "paid" else [])
    assert all(payment.look_at is None for payment in desk.payments)
    assert (desk.owed, desk.books_balance) == ([], True)


def test_a_refund_told_of_before_the_payment_books_nothing(desk, stripe, mail):
    stripe.pay(desk.go_to_pay())
    refund(stripe)
    desk.hear(*[event["id"] for event in reversed(stripe.events())])
    assert (desk.booked, desk.payment.state, desk.is_free) == ([], "refunded", True)


def test_the_return_page_workers_and_cancellations_at_once_end_well(app, desk, stripe, mail):
    session = desk.go_to_pay()
    stripe.pay(session)
    [event] = stripe.events("checkout.session.completed")
    db.session.rollback()
    stripe.deliver(event["id"])
    with fresh_rows():
        event_id = db.session.scalars(db.select(StripeEvent.id)).one()

    def act(number: int) -> int:
        if number % 2:
            return app.test_client().get(f"/coaching/checkout/complete?session_id={session}").status_code
        with app.app_context():
            process_stripe_event.call_local(event_id)
        return 200

    assert at_once(8, act) == [200] * 8
    assert (desk.states, len(mail.to(ADA))) == (["booked"], 1)
    link = private_link(mail.to(ADA)[0])
    db.session.rollback()
    codes = at_once(6, lambda number: app.test_client().post(f"{link}/cancellation").status_code)
    assert set(codes) == {303}
    desk.work()
    desk.hear()
    assert (desk.owed, desk.given_back, desk.states) == (["called off"], PRICE, ["cancelled"])
