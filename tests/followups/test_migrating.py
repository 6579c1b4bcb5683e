"""Sequences that were there before what starts them was data: they go on as they did."""

from datetime import UTC, datetime

import flask_migrate
import pytest
from sqlalchemy import text

from app.extensions import db
from app.followups import Sequence, SequenceRun
from tests.sites import new_database, running


@pytest.fixture
def before(database_kind, tmp_path):
    """A site of that time: its four sequences, and a person on the way through the reminder."""
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision="0011")
        for number, name in enumerate(
            ("newsletter-welcome", "consultation-requested", "checkout-abandoned", "enrolled"), start=1
        ):
            db.session.execute(
                text("INSERT INTO sequence (id, name, title, purpose, note) VALUES (:id, :name, 'T', 'course', '')"),
                {"id": number, "name": name},
            )
            db.session.execute(
                text(
                    "INSERT INTO sequence_step (sequence_id, position, slug, subject, preview, delay_hours, body)"
                    " VALUES (:id, 1, 'one', 'S', '', 3, 'B')"
                ),
                {"id": number},
            )
        at = datetime(2026, 11, 20, 9, tzinfo=UTC).replace(tzinfo=None)
        db.session.execute(
            text(
                "INSERT INTO person (id, email, name, active, fs_uniquifier, created_at)"
                " VALUES (1, 'ada@example.org', 'Ada', :yes, 'x', :at)"
            ),
            {"yes": True, "at": at},
        )
        db.session.execute(
            text(
                'INSERT INTO sequence_run (id, sequence_id, person_id, occasion, "values", started_at, next_step,'
                " next_at, stop_reason) VALUES (1, 4, 1, 'order:1', '{}', :at, 1, :at, '')"
            ),
            {"at": at},
        )
        db.session.commit()
        flask_migrate.upgrade()
        yield


def test_what_started_and_stopped_them_is_kept_and_nobody_falls_off(before):
    found = db.session.scalars(db.select(Sequence).order_by(Sequence.id)).all()
    assert [(one.starts_on, one.stops_on, one.active, one.version) for one in found] == [
        ("sign-up", [], True, 1),
        ("consultation requested", [], True, 1),
        ("checkout abandoned", ["enrolled"], True, 1),
        ("enrolled", [], True, 1),
    ]
    run = db.session.scalars(db.select(SequenceRun)).one()
    assert run.due_at == run.next_at
    assert run.take_step().subject == "S"
    db.session.rollback()
    db.session.remove()
    flask_migrate.downgrade(revision="0011")
    assert db.session.execute(text("SELECT count(*) FROM sequence_step")).scalar_one() == 4
