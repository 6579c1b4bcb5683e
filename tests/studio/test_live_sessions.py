"""When a cohort meets, typed by the owner on its clocks; learners and their calendars follow."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.classroom.live.tasks import remind_of_sessions
from app.classroom.live.telling import SessionNews
from app.enrollment.content_cohorts import take_cohorts, write_cohorts
from app.enrollment.live_sessions import LiveSession
from app.extensions import db
from tests.classroom.conftest import ada, cohort, course, enroll, folder, lessons
from tests.classroom.live.test_sessions import address
from tests.races import fresh_rows
from tests.studio.conftest import token_in
from tests.studio.desk import seen_in

__all__ = ["ada", "cohort", "course", "folder", "lessons"]  # Fixtures.
TERMS = {"title": "Terms", "at": "2026-12-01T12:00", "minutes": "90", "place": "https://meet.example.org/ward"}


@pytest.fixture
def desk(owner, cohort):
    """Posts to the studio what is typed; `%s` is the cohort."""
    number = cohort.id

    def send(path, **typed):
        with fresh_rows():
            data = {"csrf_token": token_in(owner.get(f"/studio/cohorts/{number}/sessions")), **typed}
        with fresh_rows():
            return owner.post("/studio" + path.replace("%s", str(number)), data=data)

    return send


def only() -> LiveSession:
    with fresh_rows():
        return db.session.scalars(select(LiveSession)).one()


def event_of(client, path: str):
    with fresh_rows():
        [event] = Calendar.from_ical(client.get(path).text).walk("VEVENT")
    return str(event["UID"]), event["SEQUENCE"], str(event["STATUS"]), event["DTSTART"].dt


def test_one_that_is_added_changed_and_cancelled_is_followed_by_classroom_and_calendar(ada, desk, client, mail, clock):
    assert desk("/cohorts/%s/sessions", **TERMS).status_code == 303
    session = only()
    assert session.starts_at == datetime(2026, 12, 1, 17, tzinfo=UTC)
    path = address(ada)
    assert event_of(client, path) == (session.uid, 0, "CONFIRMED", session.starts_at)
    moved = TERMS | {"title": "Five terms", "at": "2026-12-01T13:30"}
    assert desk(f"/sessions/{session.id}", **moved).status_code == 303
    later = datetime(2026, 12, 1, 18, 30, tzinfo=UTC)
    assert event_of(client, path) == (session.uid, 1, "CONFIRMED", later)
    assert "Next: Five terms" in ada.get("sessions").text
    for _ in range(2):
        assert desk(f"/sessions/{session.id}/cancellation").status_code == 303
    assert event_of(client, path) == (session.uid, 2, "CANCELLED", later)
    page = ada.get("sessions").text
    assert "Cancelled." in page
    assert "Next:" not in page + ada.get().text
    assert "Five terms" not in ada.get().text
    clock.time = datetime(2026, 12, 1, 12, tzinfo=UTC)
    remind_of_sessions.call_local()
    assert mail.all == []
    assert desk(f"/sessions/{session.id}", **moved).status_code == 303
    assert event_of(client, path) == (session.uid, 3, "CONFIRMED", later)


def test_it_is_asked_about_before_one_is_cancelled(desk, owner):
    desk("/cohorts/%s/sessions", **TERMS)
    page = owner.get(f"/studio/sessions/{only().id}").text
    asked = re.search(r'<details class="removal"><summary>Cancel this session</summary>(.*?)</details>', page, re.S)[1]
    assert "everybody with a place is e-mailed" in asked
    assert page.count("/cancellation") == asked.count("/cancellation") == 1


def test_the_owner_is_told_how_many_are_e_mailed_and_they_are(ada, desk, owner, cohort, mail, work):
    desk("/cohorts/%s/sessions", **TERMS)
    pages, path = [], f"/sessions/{only().id}"

    def change(**changed):
        assert desk(path, **TERMS | changed).status_code == 303
        with fresh_rows():
            pages.append(owner.get("/studio" + path).text)

    change(place="Room 4")
    change()
    change(at="2026-12-01T13:30")
    work()
    change(at="2026-12-01T13:30", minutes="60")
    work()
    told = ["1 person is" if "1 person is e-mailed about it" in page else "Nobody is" in page for page in pages]
    assert told == ["1 person is", True, "1 person is", True]
    [letter] = mail.to("ada@example.org")
    assert letter.subject == "Moved: Terms, now Tuesday, December 1, 2026, 1:30 PM EST"


def test_the_overview_warns_of_one_of_the_next_day_that_has_no_place(desk, owner, clock):
    desk("/cohorts/%s/sessions", **TERMS | {"place": ""})

    def is_warned() -> bool:
        with fresh_rows():
            return "Terms, a live session of Winter, begins" in owner.get("/studio/").text

    clock.time = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
    assert not is_warned()
    clock.advance(minutes=1)
    assert is_warned()
    desk(f"/sessions/{only().id}", **TERMS)
    assert not is_warned()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Give it a title"),
        ({"title": "Kept"}, "Another session of this cohort"),
        ({"at": ""}, "Say when"),
        ({"at": "2026-11-01T12:00"}, "has passed"),
        ({"at": "2027-03-14T02:30"}, "The clocks jump over 2:30 AM"),
        ({"at": "2027-11-07T01:30"}, "Say below which of the two"),
        ({"minutes": "0"}, "from 1 to 1,440"),
    ],
)
def test_what_cannot_be_is_explained_and_what_was_typed_is_kept(desk, wrong, words):
    desk("/cohorts/%s/sessions", **TERMS | {"title": "Kept"})
    for path in ("/cohorts/%s/sessions", f"/sessions/{only().id}"):
        if "sessions/" in path and wrong == {"title": "Kept"}:
            continue
        answer = desk(path, **TERMS | wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert "meet.example.org/ward" in answer.text
    assert only().sequence == 0


def test_what_another_window_saved_is_kept_where_this_one_left_it_and_asked_about_where_both_changed_it(
    desk, owner, cohort, ada
):
    desk("/cohorts/%s/sessions", **TERMS)
    path, later = f"/sessions/{only().id}", {"at": "2026-12-01T13:30"}
    seen = seen_in(owner.get("/studio" + path))
    assert desk(path, **TERMS | later, seen=seen).status_code == 303
    assert desk(path, **TERMS | {"place": "Room 4"}, seen=seen).status_code == 303
    kept = "Kept as another window saved it meanwhile: “Day and time”."
    assert kept in owner.get(f"/studio/cohorts/{cohort.id}/sessions").text
    assert (only().starts_at.hour, only().place) == (18, "Room 4")
    here = TERMS | {"at": "2026-12-01T15:00", "title": "More terms"}
    answer = desk(path, **here, seen=seen)
    assert answer.status_code == 409
    assert "another window saved 2026-12-01 13:30 meanwhile" in unescape(answer.text)
    assert 'value="Room 4"' in answer.text
    assert (only().starts_at.hour, only().title) == (18, "Terms")
    here["place"] = "Room 4"
    assert desk(path, **here, seen=seen_in(answer)).status_code == 303  # Once more: it is meant.
    assert (only().starts_at.hour, only().title, only().place) == (20, "More terms", "Room 4")


def test_a_time_that_comes_twice_is_taken_over_with_which_of_the_two(desk, owner):
    desk("/cohorts/%s/sessions", **TERMS)
    path = f"/sessions/{only().id}"
    seen = seen_in(owner.get("/studio" + path))
    doubled = TERMS | {"at": "2027-11-07T01:30", "which": "second", "is_outside_meant": "y"}
    assert desk(path, **doubled, seen=seen).status_code == 303
    assert desk(path, **TERMS | {"place": "Room 4"}, seen=seen).status_code == 303
    assert (only().starts_at, only().place) == (datetime(2027, 11, 7, 6, 30, tzinfo=UTC), "Room 4")
    seen = seen_in(owner.get("/studio" + path))
    assert desk(path, **doubled | {"which": "first"}, seen=seen).status_code == 303
    answer = desk(path, **TERMS, seen=seen)
    assert (answer.status_code, "chose “The first time” meanwhile" in unescape(answer.text)) == (409, True)


def test_a_session_that_was_cancelled_meanwhile_takes_place_only_if_that_is_meant(desk, owner, ada):
    desk("/cohorts/%s/sessions", **TERMS)
    path = f"/sessions/{only().id}"
    seen = seen_in(owner.get("/studio" + path))
    desk(path + "/cancellation")
    answer = desk(path, **TERMS, seen=seen)
    assert (answer.status_code, "cancelled in another window" in answer.text) == (409, True)
    assert only().cancelled_at
    assert desk(path, **TERMS, seen=seen_in(answer)).status_code == 303
    assert only().cancelled_at is None


def test_a_day_outside_of_the_cohort_is_asked_about_before_anybody_is_told(desk, owner, cohort, ada, mail, work):
    outside = TERMS | {"at": "2027-12-01T12:00"}
    assert desk("/cohorts/%s/sessions", **outside).status_code == 422
    desk("/cohorts/%s/sessions", **TERMS)
    path = f"/sessions/{only().id}"
    answer = desk(path, **outside)
    assert answer.status_code == 422
    assert "Winter is held November 30, 2026 to December 31, 2026. Choose a day within it" in answer.text
    work()
    assert (only().starts_at.year, mail.all) == (2026, [])
    assert 'name="is_outside_meant"' in answer.text
    meant = outside | {"is_outside_meant": "y"}
    assert desk(path, **meant).status_code == 303
    assert desk(path, **outside | {"place": "Room 4"}).status_code == 303  # It stays where it was set.
    work()
    assert only().starts_at.year == 2027
    assert len(mail.all) == 1


def test_of_an_hour_that_comes_twice_the_second_can_be_meant_and_stays_so(desk, owner):
    doubled = TERMS | {"at": "2027-11-07T01:30", "which": "second", "is_outside_meant": "y"}
    assert desk("/cohorts/%s/sessions", **doubled).status_code == 303
    session = only()
    assert session.starts_at == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    with fresh_rows():
        page = owner.get(f"/studio/sessions/{session.id}").text
    assert re.search(r"<input[^>]*checked[^>]*value=\"second\"", page)


def test_what_is_cancelled_goes_out_and_comes_in_and_what_the_files_leave_out_is_called_off(desk, cohort, tmp_path):
    desk("/cohorts/%s/sessions", **TERMS)
    desk(f"/sessions/{only().id}/cancellation")
    file, course = tmp_path / "cohorts.yaml", cohort.course
    write_cohorts(course, file)
    take_cohorts(course, file)
    db.session.commit()
    assert (only().sequence, only().cancelled_at is None) == (1, False)
    enroll("ada@example.org", cohort)
    with fresh_rows():
        db.session.delete(db.session.get_one(LiveSession, only().id))
        db.session.commit()
    db.session.expire_all()
    take_cohorts(course, file)
    db.session.commit()
    assert (only().sequence, only().cancelled_at is None) == (1, False)  # In a site that never had it.
    assert SessionNews.readers(only()) == 0
    file.write_text(file.read_text().replace("cancelled: true", "cancelled: false"))
    take_cohorts(course, file)
    db.session.commit()
    assert (only().sequence, only().cancelled_at) == (2, None)
    assert SessionNews.readers(only()) == 1
    file.write_text(file.read_text().partition("  live_sessions")[0])
    take_cohorts(course, file)
    db.session.commit()
    assert (only().sequence, only().cancelled_at is None) == (3, False)
