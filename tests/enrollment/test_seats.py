"""Seats: held, given back, and never sold twice."""

from app.extensions import db
from tests.enrollment.conftest import at_once

BUYER = "ada@example.org"
OWNER = "owner@doctor.example.org"


def test_thirty_buyers_for_three_seats_hold_exactly_three(app, shop, stripe):
    db.session.rollback()

    def start(index: int) -> int:
        data = {"cohort": shop.cohort_id, "email": f"buyer{index}@example.org", "name": "B", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    answers = at_once(30, start)
    assert sorted(answers) == [303] * 3 + [409] * 27
    assert shop.seats_taken == 3
    assert shop.books_balance


def test_one_buyer_clicking_many_times_at_once_holds_one_seat(app, shop, stripe):
    db.session.rollback()

    def start(_: int) -> str | None:
        data = {"cohort": shop.cohort_id, "email": BUYER, "name": "Ada", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).location

    [url] = set(at_once(6, start))
    assert url.startswith(stripe.base_url)
    assert shop.seats_taken == 1
    assert len(shop.orders) == 1
