"""Openings are offered while somebody is awake, and held as long as that leaves time to answer."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.coaching.waiting.offers import SlotOffer
from app.extensions import db
from tests.coaching.waiting.conftest import FIRST, SECOND

ADA, GRACE = "ada@example.org", "grace@example.org"
AWAKE = {"also_at_night": None}


def open_offer():
    return db.session.scalars(select(SlotOffer).where(SlotOffer.unanswered())).one()


def test_whoever_sleeps_is_passed_over_and_keeps_their_place(wait, opens, sweep, offers, clock):
    """At 09:00 UTC it is 4 AM in New York and noon in Nairobi."""
    wait(ADA, **AWAKE)
    wait(GRACE, time_zone="Africa/Nairobi", day_parts=["evening"], **AWAKE)
    opens(3)
    sweep()
    assert offers() == [(GRACE, FIRST)]
    clock.advance(hours=2, minutes=59)
    sweep()
    assert offers() == [(GRACE, FIRST)]
    clock.advance(minutes=1)  # 7 AM, less the seconds that passed while they got in line.
    sweep()
    assert offers() == [(GRACE, FIRST), (ADA, SECOND)]


def test_the_night_on_which_clocks_are_set_back_ends_by_the_clock(wait, opens, sweep, offers, clock):
    """On November 1 New York's clocks show 7 AM at 12:00 UTC; a day before it was 11:00."""
    clock.time = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)  # 10:30 PM, in summer time.
    wait(ADA, **AWAKE)
    opens(day=datetime(2026, 11, 4, tzinfo=UTC).date())
    for moment, told in (("02:31", False), ("11:59", False), ("12:00", True)):
        clock.time = datetime.fromisoformat(f"2026-11-01T{moment}:00+00:00")
        sweep()
        assert bool(offers()) is told, moment
    assert open_offer().expires_at == clock.time + timedelta(hours=4)


def test_an_offer_of_the_evening_lasts_into_the_morning(wait, opens, sweep, offers, clock, mail):
    clock.time = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 9:30 PM in New York.
    wait(ADA, **AWAKE)
    wait(GRACE)
    opens()
    sweep()
    assert "until: Tuesday, November 24, 2026, 10:30 AM EST" in mail.to(ADA, "coaching/slot_offered")[0].body
    clock.advance(hours=12, minutes=59)
    sweep()
    assert offers() == [(ADA, FIRST)]
    clock.advance(minutes=1)
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]


def test_a_hold_ends_at_the_coachs_notice(wait, opens, sweep, clock):
    wait()
    opens()
    clock.time = FIRST - timedelta(hours=26)
    sweep()
    assert open_offer().expires_at == FIRST - timedelta(hours=24)


def test_a_hold_ends_two_hours_before_it_starts_at_the_latest(wait, opens, sweep, clock, shut):
    wait()
    opens()
    shut.minimum_notice_hours = 0
    db.session.commit()
    clock.time = FIRST - timedelta(hours=3)
    sweep()
    assert open_offer().expires_at == FIRST - timedelta(hours=2)


def test_what_leaves_no_time_to_answer_is_offered_to_nobody(wait, opens, sweep, clock, offers):
    """At 9:40 PM in New York there are twenty minutes left, and the coach's notice ends in the night."""
    wait(ADA, **AWAKE)
    opens()
    clock.time = FIRST - timedelta(hours=24, minutes=29)
    sweep()
    assert offers() == []
    clock.time = FIRST - timedelta(hours=24, minutes=30)
    sweep()
    assert offers() == [(ADA, FIRST)]
