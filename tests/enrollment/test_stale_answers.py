"""Stripe's answers come in any order: one from before must not undo what is known since."""

import pytest

from app.enrollment import stripe_gateway
from app.enrollment.checkouts import Checkout
from app.enrollment.fulfilment import settle
from app.enrollment.orders import Order
from app.extensions import db
from app.stripe_sandbox.cards import CLOSED_ACCOUNT
from tests.enrollment.conftest import fresh_rows

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
