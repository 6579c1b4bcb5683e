"""Refunds that were owed for an order before a refund could be for any purchase: each still knows its order."""

import flask_migrate
import pytest
from sqlalchemy import text

from app.extensions import db
from app.payments.refunds import Refund
from tests.old_rows import A_MOMENT, put
from tests.sites import new_database, running

DAY = A_MOMENT.date()
ROWS = [
    ("person", {"id": 1, "email": "ada@example.org", "name": "Ada", "active": True, "fs_uniquifier": "x"}),
    ("course", {"id": 1, "price_cents": 120000, "currency": "usd"}),
    ("cohort", {"id": 1, "course_id": 1, "seats": 3, "starts_on": DAY, "ends_on": DAY}),
    (
        "course_order",
        {"id": 7, "public_id": "a" * 32, "person_id": 1, "cohort_id": 1, "seats": 1, "amount_cents": 120000},
    ),
    ("refund", {"id": 1, "order_id": 7, "stripe_payment_intent_id": "pi_1", "reason": "no seat"}),
]


@pytest.fixture
def before(database_kind, tmp_path):
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision="0026")
        put(ROWS)
        yield


def test_a_refund_keeps_its_order_there_and_back(before):
    flask_migrate.upgrade()
    assert db.session.scalars(db.select(Refund.reference)).one() == "a" * 32
    db.session.rollback()
    db.session.remove()
    flask_migrate.downgrade(revision="0026")
    assert db.session.execute(text("SELECT order_id FROM refund")).scalar_one() == 7
