"""Stripe's answers come in any order: one from before must not undo what is known since."""

import pytest

from app.enrollment.fulfilment import settle
from app.enrollment.orders import Order
from app.extensions import db
from app.payments import stripe_gateway
from app.payments.checkouts import Checkout
from app.payments.tasks import sweep_payments
from app.stripe_sandbox.cards import CLOSED_ACCOUNT
from tests.payments.conftest import refund
from tests.races import fresh_rows

BUYER = "ada@example.org"


def heard_now(session: str) -> Checkout:
    """What Stripe says at this moment, for `take_in` at a later one."""
    with fresh_rows():
        return stripe_gateway.retrieve_checkout(session)


def take_in(shop, answer: Checkout) -> None:
    """As fulfilment does with an answer, once it has got hold of the order."""
    with fresh_rows():
        settle(Order.for_update(Order.id_of(answer.reference)), answer)
        db.session.commit()


@pytest.mark.parametrize("was_known", [True, False])
def test_a_debit_that_was_under_way_does_not_revive_an_order_that_has_failed(shop, stripe, mail, was_known):
    session = shop.buy()
    stripe.pay_by_debit(session, CLOSED_ACCOUNT)
    under_way = heard_now(session)
    if was_known:
        shop.hear()
    stripe.settle(session)
    shop.hear()
    take_in(shop, under_way)
    assert (shop.order.state, shop.seats_taken, shop.order.look_at) == ("failed", 0, None)
    assert len(mail.to(BUYER, "enrollment/awaiting_payment")) == was_known
    assert shop.books_balance


def test_an_answer_from_before_a_full_refund_does_not_undo_it(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    before = heard_now(session)
    shop.hear()
    refund(stripe)
    shop.hear()
    for _ in range(2):
        take_in(shop, before)
        assert (shop.order.refunded_cents, shop.order.state) == (120000, "refunded")
    sweep_payments.call_local()
    assert (shop.order.refunded_cents, shop.order.look_at, shop.seats_taken) == (120000, None, 0)


def test_of_two_partial_refunds_the_larger_sum_stays_in_any_order(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    shop.hear()
    refund(stripe, amount=20000)
    smaller = heard_now(session)
    refund(stripe, amount=30000)
    larger = heard_now(session)
    take_in(shop, larger)
    take_in(shop, smaller)
    assert shop.order.refunded_cents == 50000
    sweep_payments.call_local()
    assert (shop.order.refunded_cents, shop.order.look_at) == (50000, None)


def test_a_refund_that_fails_at_stripe_is_believed_at_the_next_look(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    shop.hear()
    made = refund(stripe, amount=20000)
    shop.hear()
    refunded = heard_now(session)
    stripe.settle_refund(made["id"], "failed")
    [told] = stripe.events("refund.failed")
    shop.hear(told["id"])
    assert shop.order.refunded_cents == 20000
    take_in(shop, refunded)  # It confirms what is known, but is older than the doubt.
    sweep_payments.call_local()
    assert (shop.order.refunded_cents, shop.order.look_at) == (0, None)
