"""Giving back exactly what is owed, whatever Stripe answers meanwhile."""

import uuid

import pytest

from app.enrollment.enrolling import give_back
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.reconciling.reconciling import reconcile
from app.payments.refunds import Refund, pay_back
from app.payments.tasks import sweep_payments
from tests.enrollment.conftest import cohort, course, later, shop, stand_in, stripe
from tests.races import at_once, fresh_rows

__all__ = ["cohort", "course", "later", "shop", "stand_in", "stripe"]  # Fixtures of the course on sale.


@pytest.fixture
def paid(shop, stripe) -> int:
    stripe.pay(shop.buy())
    shop.hear()
    return shop.order.id


def owe(order_id: int, cents: int | None = None) -> None:
    """A part, as the owner gives it back; without `cents`, all of it, as when no seat was left."""
    with fresh_rows():
        order = Order.for_update(order_id)
        if cents:
            Refund.owe_part(order, cents, uuid.uuid4().hex)
        else:
            give_back(order, order.stripe_payment_intent_id, "no seat")
        db.session.commit()


def gone_back(stripe) -> list[int]:
    return [refund["amount"] for refund in stripe.sandbox.store.all("refund")]


def sweep_later(stripe, later) -> None:
    """Stripe is well again, and the sweep tries once more."""
    stripe.sandbox.faults.clear()
    later(minutes=2)
    with fresh_rows():
        sweep_payments.call_local()


@pytest.mark.parametrize("cents", [30000, None])
@pytest.mark.parametrize("is_done", [True, False])
def test_an_error_that_stripe_keeps_gives_back_once_whether_it_was_done_or_not(
    shop, stripe, later, paid, is_done, cents
):
    stripe.fail_calls(500, path="/v1/refunds", method="POST", times=3, after=is_done)
    owe(paid, cents)
    shop.work()
    sweep_later(stripe, later)
    assert gone_back(stripe) == [cents or 120000]
    assert shop.order.refunded_cents == (cents or 120000)


def test_parts_of_the_same_amount_are_different_refunds(shop, stripe, later, paid):
    owe(paid, 30000)
    shop.work()
    stripe.fail_calls(500, path="/v1/refunds", method="POST", times=3)
    owe(paid, 30000)
    shop.work()
    sweep_later(stripe, later)
    assert gone_back(stripe) == [30000, 30000]


def test_of_many_workers_with_one_refund_one_sends_it(app, shop, stripe, paid):
    owe(paid, 30000)
    with fresh_rows():
        [refund] = Refund.all_of(shop.order)

    def send(_: int) -> None:
        with app.app_context():
            pay_back(refund.id)

    at_once(5, send)
    asked = [call for call in stripe.requests() if (call["method"], call["path"]) == ("POST", "/v1/refunds")]
    assert (len(asked), gone_back(stripe)) == (1, [30000])


def test_what_the_bank_refuses_at_first_goes_back_as_soon_as_it_can(shop, stripe, later, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    owe(paid)
    shop.work()
    assert gone_back(stripe) == []
    stripe.decide_dispute(dispute["id"], "won")
    sweep_later(stripe, later)
    assert gone_back(stripe) == [120000]


def test_what_the_bank_has_taken_back_is_owed_no_more(shop, stripe, later, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    owe(paid)
    shop.work()
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    later(hours=2)
    with fresh_rows():
        assert reconcile().left == 0
    assert (gone_back(stripe), shop.order.state, shop.books_balance) == ([], "dispute lost", True)
    stripe.decide_dispute(dispute["id"], "won")  # After all: so it is owed again.
    shop.hear()
    assert (gone_back(stripe), shop.order.state, shop.books_balance) == ([120000], "refunded", True)


@pytest.mark.parametrize(
    "faults",
    [
        [{"status": 400}],
        [{"status": 400, "times": 2}],
        [{"status": 400}, {"status": 500, "times": 3, "after": True}],
    ],
)
def test_what_the_bank_did_not_take_goes_back_though_stripe_refuses_at_first(shop, stripe, later, paid, faults):
    [charge] = stripe.sandbox.store.all("charge")
    stripe.decide_dispute(stripe.dispute(charge["id"], amount=40000)["id"], "lost")
    for fault in faults:
        stripe.fail_calls(**fault, path="/v1/refunds", method="POST")
    owe(paid)
    shop.work()
    sweep_later(stripe, later)
    with fresh_rows():
        [refund] = Refund.all_of(shop.order)
        assert (gone_back(stripe), refund.has_gone) == ([80000], True)
