"""Consultations as a list, and what of them waits for the owner."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.coaching.availability.models import DateOverride
from app.coaching.booking.requesting import hold
from app.coaching.models import Consultation
from app.coaching.waiting.models import WaitingEntry
from app.extensions import db
from tests.studio import factories

ADA = "ada@example.org"
# The clock says 2026-11-23 09:00 UTC, a Monday. The coach talks from nine to noon on weekdays, in New York.
FIRST, SECOND = datetime(2026, 11, 30, 14, tzinfo=UTC), datetime(2026, 12, 1, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(clock):
    return clock


@pytest.fixture
def everything(robin, clock):
    """One in each state, named after it; the held one is Sam's."""
    sam = factories.coach("Sam Second")
    factories.consultation("requested@example.org", "requested")
    lapsed = factories.consultation("lapsed@example.org", "lapsed")
    lapsed.held_until = clock() - timedelta(minutes=1)
    hold(factories.consultation("held@example.org", "held"), [SECOND], sam.id)
    factories.booked("booked@example.org", robin, FIRST, "booked")
    factories.consultation("completed@example.org", "completed", completed=True)
    factories.consultation("missed@example.org", "missed").no_show_at = clock()
    factories.consultation("cancelled@example.org", "cancelled", cancelled=True)
    factories.consultation("unpaid@example.org", "unpaid", cancelled=True).is_unpaid = True
    db.session.commit()
    return sam


def rows_of(page):
    return re.findall(r'<th scope="row"><a [^>]*><bdi>([^<]*)', page)


def test_the_pipeline_counts_and_filters(owner, everything):
    page = owner.get("/studio/consultations").text
    counts = dict(re.findall(r"state=([a-z+-]+)\"[^>]*><b>(\d+)</b>", page))
    assert counts == {
        "requested": "2",
        "held": "1",
        "booked": "1",
        "completed": "1",
        "no-show": "1",
        "cancelled": "1",
        "not+paid": "1",
        "does+not+match": "0",
    }
    shown = {state: rows_of(owner.get(f"/studio/consultations?state={state}").text) for state in counts}
    assert shown == {
        "requested": ["lapsed", "requested"],
        "held": ["held"],
        "booked": ["booked"],
        "completed": ["completed"],
        "no-show": ["missed"],
        "cancelled": ["cancelled"],
        "not+paid": ["unpaid"],
        "does+not+match": [],
    }


def test_the_list_and_its_counts_can_be_those_of_one_coach(owner, everything):
    page = owner.get(f"/studio/consultations?coach={everything.id}").text
    assert rows_of(page) == ["held"]
    assert re.findall(r"<b>(\d+)</b>", page) == ["0", "1", "0", "0", "0", "0", "0", "0"]
    assert f"state=booked&amp;coach={everything.id}" in page or f"coach={everything.id}&amp;state=booked" in page
    assert len(rows_of(owner.get("/studio/consultations?coach=nobody").text)) == 8


def test_older_pages_stay_with_the_coach(owner, robin):
    for number in range(26):
        factories.consultation(f"reader{number}@example.org", f"Reader {number}", coach=robin)
    db.session.commit()
    older = re.search(r'rel="next" href="([^"]+)"', owner.get(f"/studio/consultations?coach={robin.id}").text)[1]
    assert f"coach={robin.id}" in older
    assert rows_of(owner.get(older.replace("&amp;", "&")).text) == ["Reader 0"]


def test_a_list_of_any_length_takes_as_many_queries(owner, everything, robin, queries):
    def asked():
        db.session.rollback()
        db.session.expire_all()
        with queries() as sent:
            owner.get("/studio/consultations")
        return len(sent)

    few = asked()
    for number in range(15):
        kind = factories.kind(f"Kind {number}")
        factories.booked(f"more{number}@example.org", robin, FIRST + timedelta(days=number + 1), kind=kind)
    db.session.commit()
    assert asked() == few


def test_the_overview_says_what_waits_and_what_is_on_today(owner, send, everything, robin, clock):
    held = factories.consultation(ADA, "Ada Lovelace")
    hold(held, [FIRST, SECOND])
    factories.booked("now@example.org", robin, datetime(2026, 11, 24, 4, tzinfo=UTC), "tonight")  # 23:00 in New York.
    factories.booked("late@example.org", robin, datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "tomorrow")
    factories.booked("past@example.org", robin, clock() - timedelta(hours=2), "past")
    db.session.commit()
    page = owner.get("/studio/").text
    assert "On the clocks of New York (America/New_York)" in page.replace("Times are on", "On")
    assert "UTC" not in page
    waiting, today = (
        page.partition("Consultations today")[0],
        page.partition("Consultations today")[2].partition("Seats")[0],
    )
    assert re.findall(r"Answer <bdi>([^<]*)", waiting) == ["lapsed", "held", "Ada Lovelace", "requested"]
    assert "held until Nov 25, 2026, 4:00 AM EST" in waiting
    assert re.findall(r"Did <bdi>([^<]*)", waiting) == ["past"]
    assert re.findall(r"<bdi>([^<]*)</bdi></a>", today) == ["tonight"]
    send(f"/consultations/{held.id}/proposal", coach=str(robin.id), first="2026-12-03T07:00")
    assert "Answer <bdi>Ada Lovelace" not in owner.get("/studio/").text
    clock.advance(hours=49)
    assert "Answer <bdi>Ada Lovelace" in owner.get("/studio/").text


def test_a_persons_page_tells_of_their_consultations_without_a_query_for_each(owner, robin, queries):
    whose = factories.booked(ADA, robin, FIRST).person
    about = {"name": "Ada", "weekdays": [0], "day_parts": ["evening"], "time_zone": "Europe/Berlin"}
    db.session.add(WaitingEntry(person=whose, kind=factories.kind("A long talk"), **about))

    def asked():
        db.session.commit()
        db.session.expire_all()
        with queries() as sent:
            page = owner.get(f"/studio/people/{whose.id}").text
        return len(sent), page

    few, page = asked()
    assert "Nov 30, 2026, 9:00 AM EST" in page
    assert "Robin Park" in page
    assert "A long talk" in page.partition("Waits for a time")[2]
    for number in range(1, 6):
        coach = factories.coach(f"Coach {number}")
        factories.booked(ADA, coach, FIRST, kind=factories.kind(f"Kind {number}"))
    assert asked()[0] == few
    assert db.session.scalar(select(db.func.count()).select_from(Consultation)) == 6


@pytest.fixture
def troubles(owner):
    def read():
        db.session.rollback()
        db.session.expire_all()
        return re.findall(r'<a href="/studio(/[^"]*)"><bdi>([^<]*)</bdi></a></th></tr>', owner.get("/studio/").text)

    return read


def test_the_overview_says_what_keeps_people_from_booking_and_where_to_mend_it(troubles, robin, clock):
    assert troubles() == []  # No coaching is offered.
    robin.location = "https://talk.example.org/robin"
    factories.offer()
    db.session.commit()
    assert troubles() == []
    robin.weekly_hours = []
    robin.busy_feed_failing_since = clock()
    db.session.commit()
    assert troubles() == [
        (f"/coaches/{robin.id}/hours", "Robin Park has no hours: nobody can book a time with them"),
        (
            f"/coaches/{robin.id}/calendars",
            "Robin Park\u2019s own calendar cannot be read, since Nov 23, 2026, 4:00 AM EST",
        ),
    ]
    robin.date_overrides = [DateOverride(day=clock().date(), is_extra=True, start_minute=540, end_minute=600)]
    robin.busy_feed_failing_since = None
    db.session.commit()
    assert troubles() == []
    robin.location = ""
    db.session.commit()
    nowhere = (f"/coaches/{robin.id}", "Robin Park has no location: whoever books is not told where you talk")
    assert troubles() == [nowhere]
    robin.is_active = False
    factories.booked("ada@example.org", robin, clock() + timedelta(days=1))
    db.session.commit()
    assert nowhere in troubles()
    robin.location = "https://talk.example.org/robin"
    db.session.commit()
    robin.is_active = factories.kind().is_active = False
    db.session.commit()
    assert troubles() == [
        ("/kinds", "Every kind of consultation is switched off: nobody can book"),
        ("/coaches", "Every coach is switched off: nobody can book"),
    ]
