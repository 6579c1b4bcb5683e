"""Pauses and quiet hours, and the letters that wait for their end."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app import followups
from app.extensions import db
from app.followups import SequenceRun
from app.followups.leaving import preferences_url
from app.followups.tasks import sweep_followups
from app.newsletter.models import Subscription
from tests.newsletter.conftest import ADA, fresh


def utc(text):
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("hours", "zone", "moment", "end"),
    [
        ((22, 6), "UTC", "2026-12-01T21:59:59", None),
        ((22, 6), "UTC", "2026-12-01T22:00", "2026-12-02T06:00"),
        ((22, 6), "UTC", "2026-12-02T05:59:59.9", "2026-12-02T06:00"),
        ((22, 6), "UTC", "2026-12-02T06:00", None),
        ((9, 17), "UTC", "2026-12-01T12:34", "2026-12-01T17:00"),
        ((9, 17), "UTC", "2026-12-01T18:00", None),
        ((22, 0), "UTC", "2026-12-31T23:10", "2027-01-01T00:00"),
        ((0, 8), "Asia/Kathmandu", "2026-12-01T20:20", "2026-12-02T02:15"),
        # Clocks go from 2:00 to 3:00.
        ((22, 6), "America/New_York", "2027-03-14T06:30", "2027-03-14T10:00"),
        ((22, 2), "America/New_York", "2027-03-14T06:30", "2027-03-14T07:00"),
        ((2, 3), "America/New_York", "2027-03-14T07:00", None),
        ((3, 2), "America/New_York", "2027-03-14T06:30", "2027-03-15T06:00"),
        # Clocks go from 2:00 back to 1:00.
        ((22, 6), "America/New_York", "2026-11-01T03:00", "2026-11-01T11:00"),
        ((22, 2), "America/New_York", "2026-11-01T05:30", "2026-11-01T07:00"),
        ((22, 2), "America/New_York", "2026-11-01T06:30", "2026-11-01T07:00"),
        ((22, 1), "America/New_York", "2026-11-01T04:30", "2026-11-01T05:00"),
        # Midnight itself comes twice, or never.
        ((22, 0), "America/Havana", "2026-11-01T03:30", "2026-11-01T04:00"),
        ((22, 0), "Africa/Cairo", "2026-10-29T20:30", "2026-10-29T22:00"),
        ((20, 0), "America/Havana", "2027-03-14T03:00", "2027-03-14T05:00"),
        # Two hours at once.
        ((22, 2), "Antarctica/Troll", "2027-03-28T00:30", "2027-03-28T01:00"),
        ((22, 6), "Mars/Olympus", "2026-12-01T23:00", None),
        ((22, 6), "", "2026-12-01T23:00", None),
        ((None, None), "UTC", "2026-12-01T23:00", None),
    ],
)
def test_quiet_hours_end_when_the_clocks_of_the_zone_say_so(hours, zone, moment, end):
    subscription = Subscription(quiet_from_hour=hours[0], quiet_to_hour=hours[1], time_zone=zone)
    assert subscription.quiet_until(utc(moment)) == (utc(end) if end else None)


@pytest.mark.parametrize(
    "hours",
    [(22, None), (None, 6), (22, 22), (24, 6), (-1, 6)],
    ids=["no end", "no start", "all day", "hour 24", "hour -1"],
)
def test_the_schema_refuses_hours_that_make_no_window(ada, hours):
    subscription = ada.subscribe()
    subscription.quiet_from_hour, subscription.quiet_to_hour = hours
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


@pytest.fixture
def subscription(ada, work, clock):
    """Ada's, after her welcome, with a letter of the newsletter and one of the course due in a day."""
    ada.subscribe()
    work()
    person = ada.person
    for purpose in ("newsletter", "course"):
        start = {"starts_on": "tag", "start_tag": purpose}
        sequence = followups.Sequence(name=purpose, title=purpose, purpose=purpose, **start)
        sequence.steps = [
            followups.SequenceStep(position=1, slug="a", subject=f"Of the {purpose}", delay_hours=24, body="A")
        ]
        db.session.add(sequence)
        db.session.flush()
        followups.happened("tag", person, tag=purpose)
    db.session.commit()
    return ada.subscription


def letters_later(ada, clock, **by):
    clock.advance(**by)
    sweep_followups.call_local()
    return [email.subject for email in ada.mail.to(ADA, "followups/step")][1:]


def test_a_pause_puts_off_the_newsletters_sequences_and_stops_none(ada, subscription, clock):
    subscription.pause(30)
    db.session.commit()
    assert letters_later(ada, clock, days=1) == ["Of the course"]
    assert letters_later(ada, clock, days=28) == ["Of the course"]
    assert letters_later(ada, clock, days=1) == ["Of the course", "Of the newsletter"]
    assert fresh(lambda: [run.stopped_at for run in db.session.scalars(db.select(SequenceRun))]) == [None] * 3


def test_ending_a_pause_early_sends_what_waited(ada, subscription, clock):
    subscription.pause(90)
    db.session.commit()
    assert letters_later(ada, clock, days=2) == ["Of the course"]
    fresh(lambda: ada.subscription).resume()
    db.session.commit()
    assert ada.subscription.paused_until is None
    assert letters_later(ada, clock, days=1) == ["Of the course", "Of the newsletter"]


def test_a_pause_that_ends_in_quiet_hours_holds_until_they_end(ada, subscription, clock):
    subscription.pause(30)
    subscription.quiet_from_hour, subscription.quiet_to_hour, subscription.time_zone = 8, 12, "UTC"
    db.session.commit()
    letters_later(ada, clock, days=2)
    assert "Of the newsletter" not in letters_later(ada, clock, days=28, hours=2)
    assert "Of the newsletter" in letters_later(ada, clock, hours=1)


def test_quiet_hours_hold_back_every_letter(ada, subscription, clock):
    subscription.quiet_from_hour, subscription.quiet_to_hour, subscription.time_zone = 9, 17, "Europe/London"
    db.session.commit()
    assert letters_later(ada, clock, days=1) == []
    assert letters_later(ada, clock, hours=7, minutes=59) == []
    assert len(letters_later(ada, clock, minutes=1)) == 1
    assert sorted(letters_later(ada, clock, days=1)) == ["Of the course", "Of the newsletter"]


def test_coming_back_ends_the_pause(ada, subscription, clock):
    subscription.pause(90)
    subscription.leave()
    db.session.commit()
    clock.advance(minutes=11)
    assert ada.subscribe().paused_until is None


def test_pausing_again_counts_from_now(ada, subscription, clock):
    subscription.pause(90)
    clock.advance(days=3)
    subscription.pause(30)
    assert subscription.paused_until == clock.time + timedelta(days=30)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("", 23), ("Mars/Olympus", 23), ("America/New_York", 22), ("Pacific/Auckland", 23)],
)
def test_a_pause_ends_on_a_day_of_the_readers_own_clocks(ada, subscription, clock, zone, day):
    clock.time = utc("2026-11-23T03:00:00")
    subscription.pause(30)
    subscription.time_zone = zone
    db.session.commit()
    page = ada.client.get(preferences_url(ada.person)).text
    assert f"No letter of the newsletter comes until <strong>December {day}, 2026</strong>" in page
