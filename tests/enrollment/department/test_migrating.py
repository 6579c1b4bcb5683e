"""Seats that were paid for before they could be handed out: the buyer has one, and the others are there."""

from datetime import datetime, timedelta

import flask_migrate

from app.enrollment.department.models import Seat
from app.extensions import db
from tests.old_rows import A_MOMENT, put, rows_of
from tests.sites import new_database, running

ORDER = {"person_id": 1, "cohort_id": 1, "amount_cents": 120000, "currency": "usd", "paid_at": A_MOMENT}
ROWS = [
    ("person", {"id": 1, "email": "ada@example.org", "name": "Ada", "active": True, "fs_uniquifier": "x"}),
    ("course", {"id": 1, "price_cents": 120000, "currency": "usd", "tax": "none"}),
    ("cohort", {"id": 1, "course_id": 1, "seats": 9, "seats_taken": 4}),
    ("course_order", ORDER | {"id": 1, "public_id": "a" * 32, "idempotency_key": "a", "seats": 3, "seats_held": 3}),
    ("course_order", ORDER | {"id": 2, "public_id": "b" * 32, "idempotency_key": "b", "seats": 1, "seats_held": 1}),
    ("course_order", ORDER | {"id": 3, "public_id": "c" * 32, "idempotency_key": "c", "seats": 2, "seats_held": 0}),
    ("enrollment", {"id": 5, "order_id": 1, "person_id": 1, "cohort_id": 1, "enrolled_at": A_MOMENT}),
]


def test_seats_are_made_of_what_stands(database_kind, tmp_path):
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision="0040")
        put(ROWS)
        flask_migrate.upgrade()
        made = db.session.scalars(db.select(Seat).order_by(Seat.position)).all()
        assert [(seat.order_id, seat.position, seat.enrollment_id) for seat in made] == [
            (1, 1, 5),
            (1, 2, None),
            (1, 3, None),
        ]
        db.session.remove()
        flask_migrate.downgrade(revision="0040")
        assert len(rows_of("enrollment")) == 1


def day(number: int) -> datetime:
    return A_MOMENT + timedelta(days=number)


BEGUN = [
    *ROWS[:3],
    *(("person", ROWS[0][1] | {"id": n, "email": f"p{n}@example.org", "fs_uniquifier": str(n)}) for n in (2, 3)),
    ("module", {"id": 1, "course_id": 1, "slug": "a"}),
    *(("lesson", {"id": n, "module_id": 1, "slug": f"l{n}", "duration_minutes": 5}) for n in (1, 2, 3)),
    *(
        ("course_order", ORDER | {"id": n, "public_id": f"{n}" * 32, "idempotency_key": f"{n}", "seats": 1})
        for n in (1, 2, 3)
    ),
    *(
        ("enrollment", {"id": n, "order_id": n, "person_id": n, "cohort_id": 1, "enrolled_at": day(5)})
        for n in (1, 2, 3)
    ),
    ("lesson_progress", {"person_id": 1, "lesson_id": 1, "opened_at": day(6), "seen_at": day(9)}),
    ("lesson_progress", {"person_id": 1, "lesson_id": 2, "opened_at": day(8), "seen_at": day(8)}),
    ("lesson_progress", {"person_id": 2, "lesson_id": 1, "opened_at": day(1), "seen_at": day(7)}),
    ("lesson_progress", {"person_id": 2, "lesson_id": 2, "opened_at": day(8), "seen_at": day(8)}),
    ("lesson_progress", {"person_id": 3, "lesson_id": 3, "opened_at": day(1), "seen_at": day(2)}),
]


def test_a_place_was_begun_when_its_learner_first_saw_a_lesson_with_it(database_kind, tmp_path):
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision="0054")
        put(BEGUN)
        flask_migrate.upgrade(revision="0055")
        assert [place["begun_at"] for place in rows_of("enrollment")] == [day(6), day(7), None]
        db.session.remove()
        flask_migrate.downgrade(revision="0054")
        assert "begun_at" not in rows_of("enrollment")[0]
