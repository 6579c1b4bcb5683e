"""What the course's own books say of orders, however long ago these were paid."""

import pytest
from sqlalchemy import update

from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.reconciling.reconciling import CHECKS, FARTHEST
from tests.races import fresh_rows


def odd() -> list[str]:
    with fresh_rows():
        return [words for check in CHECKS for words in check(now() - FARTHEST)]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (update(Enrollment).values(ended_at=now()), "nobody is enrolled by it."),
        (update(Order).values(seats_held=0), "pays for more places than it holds seats."),
    ],
)
def test_what_is_lost_long_after_it_was_paid_is_found_until_the_cohort_is_long_over(shop, stripe, later, loss, words):
    stripe.pay(shop.buy())
    shop.hear()
    later(days=60)
    assert odd() == []
    with fresh_rows():
        db.session.execute(loss)
        db.session.commit()
    assert any(said.endswith(words) for said in odd())
    later(days=140)
    assert odd() == []
