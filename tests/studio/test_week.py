"""The week on the owner's clocks: each thing on its day and at its hour."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from app.coaching.availability.models import BusyTime, DateOverride, WeeklyHours
from app.coaching.booking.reserved import ReservedTime
from app.extensions import db
from app.people.models import Person
from app.studio.week import Week, monday_of
from tests.studio import factories

NEW_YORK = "America/New_York"
MONDAY = date(2026, 11, 30)


@pytest.fixture(autouse=True)
def frozen(clock):
    return clock


def entries(week):
    """By days of the month: what, times, the first quarter of an hour and how many."""
    found = [(day.date.day, *entry) for day in week.days for entry in day.entries]
    return [(day, item.what, times, first, quarters) for day, item, times, first, quarters, _ in found]


def test_each_thing_stands_on_its_day_and_at_its_hour(robin):
    factories.booked("ada@example.org", robin, datetime(2026, 12, 1, 14, tzinfo=UTC), "Ada")
    held = factories.consultation("grace@example.org", "Grace")
    until = datetime(2026, 11, 24, tzinfo=UTC)
    held.hold([ReservedTime.make(robin, held.kind, datetime(2026, 12, 2, 15, 10, tzinfo=UTC), until)], until)
    begin = datetime(2026, 12, 3, 20, tzinfo=UTC)
    db.session.add(BusyTime(coach_id=robin.id, starts_at=begin, ends_at=begin + timedelta(hours=1)))
    db.session.commit()
    week = Week.read(MONDAY, [robin], NEW_YORK)
    assert entries(week) == [
        (1, "booked", "9:00\u20139:45 AM", 36, 3),
        (2, "held", "10:10\u201310:55 AM", 40, 4),
        (3, "busy", "3:00\u20134:00 PM", 60, 4),
    ]
    assert [[entry.times for entry in day.hours] for day in week.days] == [["9:00 AM\u201312:00 PM"]] * 5 + [[], []]


def test_what_lasts_over_midnight_stands_on_both_days(robin):
    robin.weekly_hours = [WeeklyHours(weekday=6, start_minute=22 * 60, end_minute=26 * 60)]
    factories.booked("ada@example.org", robin, datetime(2026, 12, 3, 4, 30, tzinfo=UTC))
    db.session.commit()
    week = Week.read(MONDAY, [robin], NEW_YORK)
    assert [each[:3] for each in entries(week)] == [
        (2, "booked", "11:30 PM\u201312:00 AM"),
        (3, "booked", "12:00\u201312:15 AM"),
    ]
    assert [entry.times for entry in week.days[0].hours] == ["12:00\u20132:00 AM"]
    assert [entry.times for entry in week.days[6].hours] == ["10:00 PM\u201312:00 AM"]


def test_hours_are_shown_where_they_fall_on_the_owners_clocks(robin):
    robin.time_zone = "Asia/Kolkata"
    robin.date_overrides = [DateOverride(day=date(2026, 12, 1), is_extra=False, start_minute=600, end_minute=660)]
    db.session.commit()
    week = Week.read(MONDAY, [robin], NEW_YORK)
    assert [entry.times for entry in week.days[0].hours] == ["12:00\u20131:30 AM", "10:30\u201311:30 PM"]
    # From ten to eleven on Tuesday, in Kolkata, there is none.
    assert [entry.times for entry in week.days[1].hours] == ["12:30\u20131:30 AM", "10:30 PM\u201312:00 AM"]


def test_on_a_day_with_25_hours_everything_keeps_its_length(robin):
    factories.booked("ada@example.org", robin, datetime(2027, 11, 7, 5, 30, tzinfo=UTC))
    db.session.commit()
    week = Week.read(date(2027, 11, 1), [robin], NEW_YORK)
    assert entries(week) == [(7, "booked", "1:30 AM EDT\u20131:15 AM EST", 6, 3)]


def test_as_clocks_change_the_zone_is_named_and_what_ends_with_it_ends_on_the_clocks_before(robin):
    robin.weekly_hours = []
    for clock in (datetime(2027, 11, 7, 5, 45, tzinfo=UTC), datetime(2027, 3, 14, 6, 45, tzinfo=UTC)):
        for begin in (clock, clock + timedelta(hours=1)):
            db.session.add(BusyTime(coach_id=robin.id, starts_at=begin, ends_at=begin + timedelta(minutes=15)))
    db.session.commit()
    assert [entry[2] for entry in entries(Week.read(date(2027, 11, 1), [robin], NEW_YORK))] == [
        "1:45\u20132:00 AM EDT",
        "1:45\u20132:00 AM EST",
    ]
    assert [entry[2] for entry in entries(Week.read(date(2027, 3, 8), [robin], NEW_YORK))] == [
        "1:45\u20132:00 AM EST",
        "3:45\u20134:00 AM EDT",
    ]


def test_what_meets_stands_side_by_side(robin):
    sam = factories.coach("Sam Second")
    at = datetime(2026, 12, 1, 14, tzinfo=UTC)
    factories.booked("ada@example.org", robin, at)
    factories.booked("grace@example.org", sam, at + timedelta(minutes=30))
    factories.booked("mary@example.org", robin, at + timedelta(hours=1))
    factories.booked("rosa@example.org", robin, at + timedelta(hours=5))
    db.session.commit()
    tuesday = Week.read(MONDAY, [robin, sam], NEW_YORK).days[1]
    assert [entry.lane for entry in tuesday.entries] == [1, 2, 1, 0]
    assert tuesday.lanes == 2
    assert Week.read(MONDAY, [sam], NEW_YORK).days[1].lanes == 1


@pytest.mark.parametrize("text", ["", "2026-W60", "next", "0001-W01", "9999-W52", "2026-W48-3"])
def test_a_week_that_is_none_is_this_one(app, text):
    assert monday_of(text, NEW_YORK) == date(2026, 11, 23)


def test_a_week_is_known_by_its_name(app, clock):
    assert monday_of("2026-W53", NEW_YORK) == date(2026, 12, 28)
    clock.time = datetime(2026, 11, 30, 3, tzinfo=UTC)  # Still Sunday in New York.
    assert monday_of("", NEW_YORK) == date(2026, 11, 23)


def test_the_page_leads_on_and_to_each_consultation(owner, robin):
    asked = factories.booked("ada@example.org", robin, datetime(2026, 12, 1, 14, tzinfo=UTC), "Ada <Lovelace>")
    sam = factories.coach("Sam Second")
    Person.with_email("owner@doctor.example.org").time_zone = "Europe/Berlin"
    db.session.commit()
    page = owner.get("/studio/consultations/week?of=2026-W49").text
    assert "Week of November 30, 2026" in page
    assert f'href="/studio/consultations/{asked.id}"' in page
    assert "Ada &lt;Lovelace&gt;" in page
    assert "3:00\u20133:45 PM" in page
    assert re.findall(r'rel="(?:prev|next)" href="[^"]*of=([^"&]+)', page) == ["2026-W48", "2026-W50"]
    assert re.search(r'<li class="entry [^>]*title="[^"]+: [^"]+, booked"', page)
    other = owner.get(f"/studio/consultations/week?of=2026-W49&coach={sam.id}").text
    assert "Lovelace" not in other


def test_a_week_takes_as_many_queries_however_full_it_is(owner, robin, queries):
    def asked():
        db.session.commit()
        db.session.expire_all()
        with queries() as sent:
            owner.get("/studio/consultations/week?of=2026-W49")
        return len(sent)

    factories.booked("first@example.org", robin, datetime(2026, 12, 1, 13, tzinfo=UTC))
    few = asked()
    for number in range(1, 9):
        at = datetime(2026, 12, 1, 13, tzinfo=UTC) + timedelta(hours=number)
        factories.booked(f"more{number}@example.org", robin, at)
    assert asked() == few


def test_more_coaches_cost_no_more_queries(owner, robin, queries):
    def asked():
        db.session.rollback()
        db.session.expire_all()
        with queries() as sent:
            assert owner.get("/studio/consultations/week?of=2026-W49").status_code == 200
        return len(sent)

    alone = asked()
    for name in ("Sam Second", "Kim Third"):
        factories.coach(name)
    db.session.commit()
    assert asked() == alone
