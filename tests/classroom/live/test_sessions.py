"""Live sessions on the learner's own clocks, in their own calendar, and a reminder a day before."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.classroom.live.tasks import remind_of_sessions
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.enrollment.orders import Order
from app.extensions import db
from app.outbox import Email
from app.people import records
from app.people.models import Person
from tests.classroom.conftest import Learner, enroll
from tests.enrollment.conftest import a_cohort
from tests.races import at_once, fresh_rows

ADA = "ada@example.org"
JOIN = "https://meet.example.org/ward"


@pytest.fixture
def session(ada, cohort) -> LiveSession:
    """The first of two, on Tuesday, December 1, at noon in New York; the clock begins on November 23."""
    starts_at = datetime(2026, 12, 1, 17, tzinfo=UTC)
    later = LiveSession(title="Mentors", starts_at=starts_at + timedelta(weeks=1), duration_minutes=90)
    cohort.live_sessions += [LiveSession(title="Terms", starts_at=starts_at, duration_minutes=90, place=JOIN), later]
    db.session.commit()
    return cohort.live_sessions[0]


def choose_zone(learner: Learner, zone: str):
    page = learner.get("sessions")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]
    with fresh_rows():
        return learner.client.post("/learn/time-zone", data={"csrf_token": token, "time_zone": zone})


def change_address(learner: Learner):
    token = re.search(r'calendar-address">\s*<input[^>]*value="([^"]+)"', learner.get("sessions").text)[1]
    with fresh_rows():
        return learner.client.post("/learn/calendar-address", data={"csrf_token": token})


def address(learner: Learner) -> str:
    return re.search(r'http://localhost:8000(/learn/calendar/[^"]+\.ics)', learner.get("sessions").text)[1]


def fetch(app, path: str, **how):
    with fresh_rows():
        return app.test_client().get(path, **how)


def events(app, path: str) -> dict[str, tuple]:
    """Of the calendar at that address: uid, sequence and beginning by the title."""
    found = Calendar.from_ical(fetch(app, path).text).walk("VEVENT")
    return {str(e["SUMMARY"]).partition(",")[0]: (str(e["UID"]), e["SEQUENCE"], e["DTSTART"].dt) for e in found}


def end(place: Enrollment, **columns) -> None:
    with fresh_rows():
        place = db.session.get_one(Enrollment, place.id)
        for name, value in columns.items():
            setattr(place.order if name == "dispute_status" else place, name, value)
        db.session.commit()


def place_of(email: str = ADA) -> Enrollment:
    with fresh_rows():
        return db.session.scalars(select(Enrollment).where(Enrollment.person == Person.at(email))).one()


def test_the_next_session_is_on_top_with_its_link_on_the_clocks_one_chose(ada, session, clock):
    assert "Tuesday, December 1, 2026, 12:00 PM EST" in ada.get("sessions").text
    assert choose_zone(ada, "Asia/Kolkata").status_code == 303
    page = ada.get("sessions").text
    assert "Next: Terms" in page
    assert "Tuesday, December 1, 2026, 10:30 PM IST" in page
    assert JOIN in page
    overview = ada.get().text  # On a phone, in this order.
    on_top = ["10:30 PM IST", JOIN, "/learn/announcements", "Search the course", 'id="modules"']
    assert sorted(on_top, key=overview.index) == on_top
    clock.time = session.starts_at + timedelta(minutes=91)
    assert "Next: Mentors" in ada.get("sessions").text
    assert "Where you meet will stand here" in ada.get("sessions").text


def test_a_zone_that_is_none_changes_nothing(ada, session):
    assert choose_zone(ada, "Mars/Olympus").status_code == 422
    assert ada.person.time_zone is None


def test_nobody_else_sees_where_the_cohort_meets(app, session):
    stranger = Learner(app, "eve@example.org")
    assert stranger.get("sessions").status_code == 403
    assert JOIN not in stranger.get("sessions").text
    assert fetch(app, "/course/").text.count(JOIN) == 0


def test_the_calendar_follows_what_changes_and_keeps_what_programs_know_it_by(app, ada, session):
    path = address(ada)
    assert f'href="webcal://localhost:8000{path}"' in ada.get("sessions").text
    before = events(app, path)
    assert before["Terms"][1:] == (0, session.starts_at)
    response = fetch(app, path)
    assert response.content_type.startswith("text/calendar")
    assert fetch(app, path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    with fresh_rows():
        terms = db.session.get_one(LiveSession, session.id)
        terms.change(terms.starts_at + timedelta(hours=1), 60, "")
        db.session.commit()
    after = events(app, path)
    assert after["Terms"] == (before["Terms"][0], 1, session.starts_at + timedelta(hours=1))
    assert after["Mentors"] == before["Mentors"]


def test_the_calendar_moves_with_its_learner_and_is_empty_when_access_ends(app, ada, session, course):
    path = address(ada)
    with fresh_rows():
        later = a_cohort("Autumn", 300)
        later.course_id = course.id
        later.live_sessions = [LiveSession(title="Later", starts_at=now() + timedelta(days=310), duration_minutes=60)]
        db.session.add(later)
        db.session.commit()
        later_id = later.id
    end(place_of(), cohort_id=later_id)
    assert list(events(app, path)) == ["Later"]
    end(place_of(), dispute_status="under_review")
    assert events(app, path) == {}
    end(place_of(), dispute_status="", ended_at=now())
    assert events(app, path) == {}


def test_another_address_makes_the_one_before_void(app, ada, session):
    first = address(ada)
    assert change_address(ada).status_code == 303
    assert (
        "The one before is gone; programs that subscribed to it may keep what they fetched." in ada.get("sessions").text
    )
    second = address(ada)
    assert change_address(ada).status_code == 303
    assert [fetch(app, path).status_code for path in (first, second, address(ada))] == [404, 404, 200]
    assert fetch(app, "/learn/calendar/made-up.ics").status_code == 404
    assert fetch(app, first[:-5] + "x.ics").status_code == 404


def test_each_is_reminded_once_a_day_before_and_nobody_on_hold_or_gone(app, session, cohort, mail, clock):
    enroll("grace@example.org", cohort)
    enroll("held@example.org", cohort)
    enroll("gone@example.org", cohort, ended_at=now())
    with fresh_rows():
        Person.at("grace@example.org").time_zone = "Europe/London"
        db.session.scalars(
            select(Order).join(Order.person).where(Person.email == "held@example.org")
        ).one().dispute_status = "lost"
        db.session.commit()
    clock.time = session.starts_at - timedelta(hours=25)
    remind_of_sessions.call_local()
    assert mail.all == []
    clock.time = session.starts_at - timedelta(hours=24)
    db.session.rollback()
    at_once(3, lambda _: _in_app(app))
    remind_of_sessions.call_local()
    subjects = {letter.to_address: letter.subject for letter in mail.all}
    assert subjects == {
        ADA: "Live session: Terms, Tuesday, December 1, 2026, 12:00 PM EST",
        "grace@example.org": "Live session: Terms, Tuesday, December 1, 2026, 5:00 PM GMT",
    }
    assert len(mail.all) == 2
    assert JOIN in mail.all[0].body


def _in_app(app) -> None:
    with app.app_context():
        remind_of_sessions.call_local()


def test_one_that_is_moved_is_told_anew_and_one_that_has_begun_not_at_all(session, cohort, mail, clock):
    clock.time = session.starts_at - timedelta(hours=2)
    remind_of_sessions.call_local()
    with fresh_rows():
        terms = db.session.get_one(LiveSession, session.id)
        terms.change(terms.starts_at + timedelta(hours=1), 90, JOIN)
        db.session.commit()
    remind_of_sessions.call_local()
    assert [letter.subject[-11:] for letter in mail.to(ADA)] == ["12:00 PM EST"[-11:], "1:00 PM EST"]
    enroll("late@example.org", cohort)
    clock.advance(hours=4)
    remind_of_sessions.call_local()
    assert mail.to("late@example.org") == []


@pytest.mark.parametrize("what", ["cancelled", "moved", "elsewhere"])
def test_a_reminder_that_waits_is_taken_back_when_the_session_is_not_then_or_there(session, mail, clock, what):
    clock.time = session.starts_at - timedelta(hours=20)
    remind_of_sessions.call_local()
    with fresh_rows():
        terms = db.session.get_one(LiveSession, session.id)
        if what == "cancelled":
            terms.cancel()
        else:
            terms.change(terms.starts_at + timedelta(hours=4 if what == "moved" else 0), 90, f"{JOIN}/2")
        db.session.commit()
    assert len(mail.to(ADA)) == 1
    assert db.session.scalars(select(Email.id).where(Email.is_due())).all() == []


def test_what_is_kept_for_reminders_and_the_calendar_goes_with_its_person(app, ada, session, clock):
    clock.time = session.starts_at - timedelta(hours=2)
    remind_of_sessions.call_local()
    change_address(ada)
    path = address(ada)
    with fresh_rows():
        records.erase(Person.at(ADA))
        db.session.commit()
    assert fetch(app, path).status_code == 404
