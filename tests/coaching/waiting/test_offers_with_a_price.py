"""An opening of a kind that has a price: whoever takes it goes on to pay, and is in line until it is paid."""

from datetime import UTC, datetime

import pytest

from app.coaching.booking.reserved import ReservedTime
from app.extensions import db
from tests.coaching.waiting.conftest import FIRST
from tests.payments.conftest import stand_in, stripe

__all__ = ["stand_in", "stripe"]  # Fixtures of the payments.
ADA = "ada@example.org"


@pytest.fixture
def offered(stripe, clock, kind, wait, opens, sweep, offer_link):
    kind.price_cents = 15000
    db.session.commit()
    stripe.advance((clock.time - datetime.now(UTC)).total_seconds())
    wait(ADA)
    opens()
    sweep()
    return offer_link(ADA)


def test_it_is_paid_for_before_it_is_booked(offered, take, stripe, consultations, work, mail, client, entries):
    assert "$150.00" in client.get(offered).text
    answer = take(offered)
    assert answer.location.startswith(stripe.base_url)
    assert [one.state for one in consultations()] == ["held"]
    assert "You went on to pay" in client.get(offered).text
    assert [entry.state for entry in entries()] == ["waiting"]
    db.session.rollback()
    stripe.pay(answer.location.rpartition("/")[2])
    stripe.deliver()
    work()
    assert [(one.state, one.starts_at) for one in consultations()] == [("booked", FIRST)]
    assert len(mail.to(ADA, "coaching/consultation_booked")) == 1


def test_it_is_free_again_when_stripe_is_away(offered, take, stripe, consultations):
    stripe.fail_calls(503, path="/v1/checkout/sessions", method="POST", times=3)
    answer = take(offered)
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.text
    db.session.rollback()
    assert db.session.scalars(db.select(ReservedTime)).all() == []
