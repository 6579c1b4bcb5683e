from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event

from app.classroom.access import Access, opening_of
from app.classroom.lessons import Lesson
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Module
from app.extensions import db
from app.people.models import Person
from tests.classroom.conftest import Learner, enroll
from tests.races import fresh_rows

FIRST, CLOSED = "first/stand", "second/ask"


@pytest.fixture
def weekly(cohort) -> Cohort:
    cohort.opens_weekly = True
    db.session.commit()
    return cohort


def test_all_is_open_from_the_enrollment_on_unless_the_cohort_goes_week_by_week(ada):
    assert [ada.get(path).status_code for path in (FIRST, CLOSED)] == [200, 200]


def test_week_by_week_a_module_opens_at_midnight_where_the_cohort_is_held(ada, weekly, clock):
    before = ada.get("")
    assert "Opens Monday, November 30, 2026." in before.text
    assert "Opens Monday, December 7, 2026." in before.text
    assert "learners" not in before.text
    answer = ada.get(FIRST)
    assert (answer.status_code, "badge" in answer.text) == (403, False)
    assert "opens Monday, November 30, 2026." in answer.text
    with fresh_rows():
        ada.person.time_zone = "America/Chicago"
        db.session.commit()
    assert "Opens Sunday, November 29, 2026, 11:00 PM CST." in ada.get("").text
    clock.time = datetime(2026, 11, 30, 4, 59, 59, tzinfo=UTC)
    assert ada.get(FIRST).status_code == 403
    clock.advance(seconds=1)
    assert [ada.get(path).status_code for path in (FIRST, CLOSED)] == [200, 403]
    clock.advance(days=7)
    assert ada.get(CLOSED).status_code == 200


@pytest.mark.parametrize("path", ["writing", "quiz", "completion", "files/talk.mp3", "files/map.pdf"])
def test_a_closed_lesson_takes_and_gives_nothing(ada, weekly, path):
    client = ada.client
    send = client.get if path.startswith("files") else client.post
    answer = send(f"/learn/{FIRST}/{path}", data={"csrf_token": "any", "text-purpose": "Words"})
    assert answer.status_code == 403
    assert "not open yet" in answer.text


def test_at_ones_own_pace_weeks_are_counted_from_the_enrollment(app, lessons, course, clock):
    own_pace = Cohort(name="Own pace", time_zone="America/New_York", opens_weekly=True, course=course)
    enroll("ada@example.org", own_pace)  # Monday, November 23, 4 in the morning there.
    ada = Learner(app, "ada@example.org")
    assert [ada.get(path).status_code for path in (FIRST, CLOSED)] == [200, 403]
    assert "Opens Monday, November 30, 2026." in ada.get().text
    clock.time = datetime(2026, 11, 30, 5, tzinfo=UTC)
    assert ada.get(CLOSED).status_code == 200


def test_where_clocks_jump_at_midnight_a_module_opens_right_after(course, app, clock):
    cohort = Cohort(name="Santiago", starts_on=date(2026, 9, 6), ends_on=date(2026, 9, 6), time_zone="America/Santiago")
    cohort.opens_weekly, cohort.course = True, course
    place = enroll("ada@example.org", cohort)
    opens = opening_of(Module(opens_in_week=1), place)
    assert opens.astimezone(UTC) == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_what_was_open_before_one_moved_to_a_later_cohort_stays_open(app, weekly, lessons, course, clock):
    later = Cohort(name="Spring", starts_on=date(2027, 3, 2), ends_on=date(2027, 4, 13), time_zone="UTC")
    later.opens_weekly = True
    course.cohorts.append(later)
    db.session.commit()
    clock.time = datetime(2026, 12, 1, tzinfo=UTC)
    enroll("ada@example.org", later, moved_from=weekly, moved_at=clock.time)
    clock.advance(days=30)
    ada = Learner(app, "ada@example.org")
    assert [ada.get(path).status_code for path in (FIRST, CLOSED)] == [200, 403]
    assert "opens Tuesday, March 9, 2027." in ada.get(CLOSED).text


@pytest.mark.parametrize(
    ("status", "enters"),
    [
        ("needs_response", 403),
        ("under_review", 403),
        ("lost", 403),
        ("won", 200),
        ("warning_needs_response", 200),
        ("warning_closed", 200),
    ],
)
def test_a_disputed_payment_closes_the_classroom_until_it_is_won(app, ada, cohort, status, enters):
    order = Access.of(ada.person).place.order
    order.dispute_status = status
    db.session.commit()
    answers = [ada.get(path) for path in ("", FIRST, f"{FIRST}/files/talk.mp3", "search?q=badge")]
    assert [answer.status_code for answer in answers] == [enters] * 4
    assert ("Your enrollment is on hold" in answers[0].text) == (enters == 403)


def test_another_place_that_stands_lets_one_in(ada, cohort, course):
    Access.of(ada.person).place.order.dispute_status = "needs_response"
    other = Cohort(name="Spring", starts_on=date(2027, 3, 2), ends_on=date(2027, 4, 13), time_zone="UTC", course=course)
    other.opens_weekly = True
    place = enroll(ada.email, other)
    assert [ada.get("").status_code, ada.get(FIRST).status_code] == [200, 403]  # It opens in March.
    Access.of(ada.person).place.order.dispute_status = ""
    first = [enrollment for enrollment in Access.of(ada.person).places if enrollment.id != place.id] or None
    assert first is None  # The one that is suspended opens nothing.
    place.end()
    db.session.commit()
    assert ada.get("").status_code == 403


def test_of_several_places_the_one_that_opens_first_counts(ada, weekly, course, clock):
    other = Cohort(name="All", starts_on=date(2027, 3, 2), ends_on=date(2027, 4, 13), time_zone="UTC", course=course)
    enroll(ada.email, other)
    assert ada.get(CLOSED).status_code == 200


def test_the_owner_may_look_at_everything(app, lessons, weekly):
    Person.at("owner@example.org").make_owner()
    owner = Learner(app, "owner@example.org")
    assert [owner.get(path).status_code for path in ("", FIRST, CLOSED)] == [200, 200, 200]
    assert "as its owner" in owner.get().text


@pytest.mark.parametrize("path", ["", FIRST, f"{FIRST}/files/talk.mp3", "search?q=badge", "no/such"])
def test_nothing_answers_who_has_no_place(app, ada, client, path):
    assert client.get(f"/learn/{path}").location.split("?")[0] == "/sign-in"
    grace = Learner(app, "grace@example.org")
    answer = grace.get(path)
    assert (answer.status_code, "badge" in answer.text) == (403, False)


def test_a_place_that_ended_opens_nothing_from_that_moment(ada):
    assert ada.get(FIRST).status_code == 200
    Access.of(ada.person).place.end()
    db.session.commit()
    assert ada.get(FIRST).status_code == 403


def test_however_many_lessons_there_are_the_pages_ask_as_many_questions(ada, lessons, app):
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    def count(path):
        ada.get(path)  # What is noted the first time is noted.
        asked.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        assert ada.get(path).status_code == 200
        event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    few = [count(""), count(FIRST)]
    count("")
    assert not any("lesson.body" in statement for statement in asked)  # What a list does not show is not read.
    module_id = db.session.query(Module.id).filter_by(slug="first").scalar()
    for number in range(30):
        db.session.add(Lesson(module_id=module_id, slug=f"more-{number}", position=9 + number, title="More",
                              summary="-", duration_minutes=5, body="Text"))  # fmt: skip
    db.session.commit()
    assert [count(""), count(FIRST)] == few
    assert few[0] <= 10 and few[1] <= 14, asked


def test_before_a_module_opens_nothing_of_its_lessons_is_told_but_when(ada, weekly):
    answer = ada.get()
    assert "2 lessons." in answer.text
    assert "Say What You Stand For" not in answer.text


def test_week_one_is_seven_days(ada, weekly):
    place = Access.of(ada.person).place
    first, second = (opening_of(Module(opens_in_week=week), place) for week in (1, 2))
    assert second - first == timedelta(days=7)
