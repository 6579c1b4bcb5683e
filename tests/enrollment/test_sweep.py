"""The sweep while Stripe is away: it makes way for the other work of the worker."""

import pytest

from app.extensions import db
from app.payments.tasks import sweep_payments
from tests.races import in_thread, stopped_before

BUYERS = ("ada", "grace", "elizabeth")


@pytest.fixture
def sessions(shop) -> list[str]:
    return [shop.buy(email=f"{name}@example.org") for name in BUYERS]


def calls(stripe) -> int:
    return len(stripe.requests())


def test_a_sweep_without_an_answer_of_stripe_ends_and_the_next_ones_clear_up(shop, stripe, sessions, later):
    later(minutes=40)
    before = calls(stripe)
    stripe.fail_calls("drop", times=100)
    sweep_payments.call_local()
    assert calls(stripe) - before <= 3  # One question, with its retries, and not one for each order.
    stripe.sandbox.faults.clear()
    later(minutes=11)
    sweep_payments.call_local()
    assert {order.state for order in shop.orders} == {"expired"}


def test_a_sweep_stops_at_an_event_that_stripe_does_not_answer(shop, stripe, sessions, later):
    for session in sessions:
        stripe.pay(session)
    db.session.rollback()
    stripe.deliver()  # Three events whose tasks are lost.
    later(minutes=2)
    before = calls(stripe)
    stripe.fail_calls("drop", times=100)
    sweep_payments.call_local()
    assert calls(stripe) - before <= 3
    stripe.sandbox.faults.clear()
    later(minutes=2)
    sweep_payments.call_local()
    assert len(shop.enrollments) == 3


def test_one_sweep_at_a_time_asks_stripe(app, shop, stripe, sessions, later):
    later(minutes=40)
    before = calls(stripe)
    outcomes: dict[str, object] = {}

    def sweep() -> None:
        with app.app_context():
            sweep_payments.call_local()

    with stopped_before("checkout", "first", lambda: calls(stripe) > before) as first_has_asked:
        first = in_thread("first", sweep, outcomes)
        assert first_has_asked.arrived.wait(30)
        asked = calls(stripe)
        sweep()
        assert calls(stripe) == asked
        first_has_asked.open.set()
        first.join()
    assert outcomes == {"first": None}
    assert {order.state for order in shop.orders} == {"expired"}
