"""From requests with wishes to bookings and payments, and back, with people's data in the tables."""

from datetime import datetime, timedelta

import flask_migrate
import pytest

from app.extensions import db
from tests.old_rows import A_MOMENT, as_stored, put, rows_of
from tests.sites import new_database, running

SUMMER, WINTER = datetime(2026, 7, 1, 15), datetime(2026, 12, 1, 16)
ADA = {"id": 1, "email": "ada@example.org", "name": "Ada Lovelace", "active": True, "fs_uniquifier": "ada"}
OFFER = {"id": 1, "slug": "coaching", "duration_minutes": 45, "coach_name": "Karen", "time_zone": "America/Chicago"}
STATES = [
    {},
    {"changed_at": A_MOMENT, "topics": ["negotiation"], "goals": "A raise"},
    {"cancelled_at": A_MOMENT, "cancel_reason": "A clinic day"},
    {"completed_at": A_MOMENT},
    {"no_preference": True},
]
ALL_OF_THEM = ("person", "coaching_offer", "consultation", "preferred_time")


@pytest.fixture
def before(database_kind, tmp_path):
    with new_database(database_kind, tmp_path) as url, running(url, tmp_path / "instance"):
        flask_migrate.upgrade(revision="0024")
        put([("person", ADA), ("coaching_offer", OFFER), *wishes()])
        yield


def wishes():
    for number, state in enumerate(STATES, start=1):
        zone = "Europe/Berlin" if number % 2 else "America/Chicago"
        hours = {"Europe/Berlin": (2, 1), "America/Chicago": (-5, -6)}[zone]
        asked = {"id": number, "person_id": 1, "name": "Ada", "career_stage": "resident", "time_zone": zone}
        yield "consultation", asked | state
        for position, (starts_at, ahead) in enumerate(zip((SUMMER, WINTER), hours, strict=True), start=1):
            wall = f"{starts_at + timedelta(hours=ahead):%Y-%m-%dT%H:%M}"
            time = {"position": position, "starts_at": starts_at, "wall_time": wall, "time_zone": zone}
            yield "preferred_time", {"consultation_id": number} | time


def everything():
    return {name: rows_of(name) for name in ALL_OF_THEM}


def migrate(step, **to):
    db.session.remove()
    step(**to)


def test_people_consultations_and_times_stay_there_and_back(before):
    known = everything()
    migrate(flask_migrate.upgrade)
    assert len(rows_of("preferred_time")) == 2 * len(STATES)
    migrate(flask_migrate.downgrade, revision="0024")
    assert everything() == known


def pay(**moments):
    payment = {"id": 1, "consultation_id": 1, "person_id": 1, "kind_id": 1, "amount_cents": 15000}
    put([("consultation_payment", payment | {"public_id": "b" * 32, "stripe_session_id": "cs_1"} | moments)])


@pytest.mark.parametrize(
    "moments", [{"paid_at": A_MOMENT}, {"mismatched_at": A_MOMENT}, {"paid_at": A_MOMENT, "refunded_at": A_MOMENT}]
)
def test_what_was_paid_is_not_undone(before, caplog, moments):
    migrate(flask_migrate.upgrade, revision="0032")  # Later steps are undone first, each by itself.
    pay(**moments)
    put([("refund", {"reference": "b" * 32, "stripe_payment_intent_id": "pi_1", "reason": "called off"})])
    known = as_stored()
    with pytest.raises(SystemExit):
        migrate(flask_migrate.downgrade, revision="0024")
    assert "Keep a copy of the tables consultation_payment and refund" in caplog.records[-1].message
    assert as_stored() == known


def test_what_was_never_paid_is_undone(before):
    known = everything()
    migrate(flask_migrate.upgrade)
    pay(expired_at=A_MOMENT)
    migrate(flask_migrate.downgrade, revision="0024")
    assert everything() == known
