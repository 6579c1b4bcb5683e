"""A dispute closes the classroom until it is decided: won opens it again, lost ends the place."""

import pytest

from app.extensions import db
from app.payments import stripe_gateway
from app.payments.fulfilment import fulfil
from app.payments.purchases import SETTLES
from app.payments.tasks import sweep_payments
from tests.enrollment.test_seats import BUYER, OWNER
from tests.payments.conftest import refund
from tests.races import fresh_rows


@pytest.fixture
def charge(shop, stripe) -> str:
    stripe.pay(shop.buy())
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    return charge["id"]


def letters(mail, address: str, template: str) -> list[str]:
    return [letter.subject for letter in mail.to(address, f"enrollment/{template}")]


def states(shop) -> tuple[str, bool, int, int]:
    """Of the order, whether it is disputed, its standing places, and the seats taken."""
    order = shop.order
    return order.state, order.is_disputed, len(shop.enrollments), shop.seats_taken


def test_a_dispute_puts_the_place_on_hold_and_keeps_the_seat(shop, stripe, mail, charge):
    stripe.dispute(charge)
    shop.hear(copies=2)
    assert states(shop) == ("disputed", True, 1, 1)
    assert letters(mail, BUYER, "place_disputed") == ["Your place in Spring is on hold"]
    assert letters(mail, OWNER, "payment_disputed") == ["$1,200.00 is disputed"]
    assert shop.books_balance


def test_one_that_is_won_opens_it_again(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["The classroom is open to you again"]
    assert letters(mail, OWNER, "payment_disputed")[1:] == ["The dispute over $1,200.00 is won"]


def test_one_that_is_lost_ends_the_place_and_frees_the_seat(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear(copies=2)
    assert states(shop) == ("dispute lost", False, 0, 0)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["Your place in Spring has ended"]
    assert shop.books_balance


def test_events_in_any_order_lead_to_the_same(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(*[event["id"] for event in reversed(stripe.events())], copies=2)
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed") == ["The classroom is open to you again"]


def test_an_inquiry_takes_nothing_and_changes_nothing(shop, stripe, mail, charge):
    stripe.dispute(charge, inquiry=True)
    shop.hear()
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed") == letters(mail, OWNER, "payment_disputed") == []


def test_a_dispute_that_no_event_told_the_end_of_is_looked_at_after_a_day(shop, stripe, later, charge):
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")  # And the event is lost.
    later(days=1, minutes=1)
    sweep_payments.call_local()
    assert states(shop) == ("paid", False, 1, 1)


def test_an_answer_from_before_the_end_does_not_open_it_again(app, shop, stripe, charge):
    """Stripe was asked while the dispute was open, and the answer comes to be noted when it is won."""
    dispute = stripe.dispute(charge)
    order = shop.order
    stale = stripe_gateway.retrieve_checkout(order.stripe_session_id)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    with fresh_rows():
        order = type(order).for_update(order.id)
        SETTLES[type(order)](order, stale)
        db.session.commit()
        assert order.look_at is not None
    assert states(shop) == ("paid", False, 1, 1)
    with fresh_rows():
        fulfil(order.stripe_session_id)
    assert shop.order.look_at is None


def test_a_dispute_after_a_refund_in_part(shop, stripe, charge):
    refund(stripe, amount=20000)
    stripe.dispute(charge)
    shop.hear()
    assert (shop.order.refunded_cents, states(shop)) == (20000, ("disputed", True, 1, 1))
