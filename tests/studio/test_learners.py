"""Who is in a cohort, how far they are, and who has stalled, in a fixed number of queries."""

import re
from datetime import date

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.extensions import db
from app.people import records
from tests.classroom.conftest import ada, cohort, course, enroll, folder, lessons
from tests.races import fresh_rows

__all__ = ["ada", "cohort", "course", "folder", "lessons"]  # Fixtures.


def look(owner, cohort, asked: str = "") -> str:
    with fresh_rows():
        return owner.get(f"/studio/cohorts/{cohort.id}/learners{asked}").text


def state_of(page: str, email: str) -> str:
    row = next(row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if email in row)
    return re.sub(r"<[^>]+>|\s+", " ", row)


def test_who_is_in_no_lesson_for_ten_days_of_the_cohort_has_stalled(ada, owner, cohort, clock):
    ada.get("first/stand")
    ada.post("first/stand/completion", done="yes")
    enroll("grace@example.org", cohort)
    page = look(owner, cohort)
    assert "1 of 3 open" in state_of(page, "ada@example.org")
    assert "Stalled" not in state_of(page, "ada@example.org") + state_of(page, "grace@example.org")
    clock.advance(days=6)
    ada.get("first/map")
    clock.advance(days=5)  # Enrolled eleven days ago; the cohort began four days ago.
    page = look(owner, cohort)
    assert "Stalled" not in state_of(page, "ada@example.org") + state_of(page, "grace@example.org")
    clock.advance(days=4)
    again = ada.get("first/map")
    clock.advance(days=4)
    page = look(owner, cohort)
    assert "Enrolled" in state_of(page, "ada@example.org")
    assert "Stalled" in state_of(page, "grace@example.org")
    clock.advance(days=5)
    ada.post("first/map/writing", again, **{"text-_notes": "Still at it"})
    clock.advance(days=5)
    assert "Enrolled" in state_of(look(owner, cohort), "ada@example.org")


def test_nobody_stalls_before_a_lesson_opens(ada, owner, cohort, clock):
    cohort.opens_weekly = True
    db.session.commit()
    clock.advance(days=6)
    assert "None open yet" in state_of(look(owner, cohort), "ada@example.org")
    clock.advance(days=9)
    assert "Stalled" not in state_of(look(owner, cohort), "ada@example.org")


def test_nobody_has_stalled_the_day_they_are_enrolled_or_a_lesson_opens(ada, owner, cohort, clock):
    cohort.opens_weekly = True
    db.session.commit()
    clock.advance(days=7)
    for lesson in ("first/stand", "first/map"):
        ada.get(lesson)
        ada.post(f"{lesson}/completion", done="yes")
    cohort.course.modules[1].opens_in_week = 4
    db.session.commit()
    clock.advance(days=22)
    enroll("grace@example.org", cohort)
    page = look(owner, cohort)
    assert "2 of 3 open" in state_of(page, "ada@example.org")
    assert "Stalled" not in state_of(page, "ada@example.org") + state_of(page, "grace@example.org")
    clock.advance(days=11)
    page = look(owner, cohort)
    for email in ("ada@example.org", "grace@example.org"):
        assert "Stalled" in state_of(page, email)


def test_who_has_stalled_can_be_shown_alone(ada, owner, cohort, clock):
    enroll("gone@example.org", cohort, ended_at=now())
    held = enroll("held@example.org", cohort)
    held.order.dispute_status = "needs_response"
    enroll("grace@example.org", cohort)
    clock.advance(days=18)
    ada.get("first/stand")
    enroll("late@example.org", cohort)
    page = look(owner, cohort, "?state=stalled")
    assert re.findall(r"(\w+)@example\.org</bdi>", page) == ["grace"]
    assert '<option value="stalled" selected' in page


def test_who_is_erased_is_not_enrolled_and_never_stalls(ada, owner, cohort, clock):
    grace = enroll("grace@example.org", cohort)
    person, order_id = grace.person, grace.order_id
    records.erase(person)
    db.session.commit()
    clock.advance(days=30)
    page = look(owner, cohort)
    assert "Stalled" in state_of(page, "ada@example.org")
    for asked, is_shown in (("stalled", False), ("enrolled", False), ("erased", True)):
        assert ("erased.invalid" in look(owner, cohort, f"?state={asked}")) is is_shown
    with fresh_rows():
        paths = "/studio/enrollments", f"/studio/people/{person.id}", f"/studio/orders/{order_id}"
        pages = [page, *(owner.get(path).text for path in paths)]
    for page in pages:
        row = state_of(page.partition("<tbody>")[2], cohort.name if "Orders</h2>" in page else "erased.invalid")
        assert "Erased" in row and "Enrolled" not in row


def test_to_who_is_on_hold_or_gone_nothing_is_open(ada, owner, cohort):
    enroll("gone@example.org", cohort, ended_at=now())
    held = enroll("held@example.org", cohort)
    held.order.dispute_status = "needs_response"
    db.session.commit()
    page = look(owner, cohort)
    for email, state in (("gone@example.org", "Ended"), ("held@example.org", "On hold")):
        assert state in state_of(page, email)
        assert "open" not in state_of(page, email)
    assert "0 of 3 open" in state_of(page, "ada@example.org")


def test_the_list_of_enrollments_says_who_moved_where(ada, owner, cohort):
    spring = Cohort(name="Spring", starts_on=date(2027, 3, 1), ends_on=date(2027, 4, 1), time_zone="UTC", seats_taken=2)
    cohort.course.cohorts.append(spring)
    alone, of_two = enroll("alone@example.org", cohort), enroll("of.two@example.org", cohort)
    of_two.order.seats = 2
    for place in (alone, of_two):
        place.moved_from, place.moved_at, place.cohort = cohort, now(), spring
    bought = enroll("bought@example.org", spring)  # In the place of one that had moved there.
    bought.moved_from, bought.moved_at = cohort, now()
    db.session.commit()
    order_id = bought.order_id
    with fresh_rows():
        page = owner.get("/studio/enrollments").text
        learners = owner.get(f"/studio/cohorts/{bought.cohort_id}/learners").text
        assert "(moved)" not in owner.get(f"/studio/orders/{order_id}").text
    assert "moved from" in state_of(learners, "alone@example.org")
    for shown in (page, learners):
        assert "moved" not in state_of(shown, "bought@example.org")
    assert " moved to Spring" in state_of(page, "alone@example.org")
    assert "1 moved to Spring" in state_of(page, "of.two@example.org")
    assert "moved" not in state_of(page, "ada@example.org")


def test_more_learners_take_no_more_queries(ada, owner, cohort, queries):
    with queries() as few:
        look(owner, cohort)
    for number in range(5):
        enroll(f"learner{number}@example.org", cohort)
    with queries() as many:
        look(owner, cohort)
    assert len(many) == len(few)


def test_more_who_have_stalled_take_no_more_parameters(ada, owner, cohort, clock, queries):
    """A statement has at most 32,766 in SQLite and 65,535 in PostgreSQL: https://www.sqlite.org/limits.html"""
    joined = now()
    clock.advance(days=30)
    with queries() as few:
        look(owner, cohort, "?state=stalled")
    for number in range(5):
        enroll(f"learner{number}@example.org", cohort, enrolled_at=joined)
    with queries() as many:
        page = look(owner, cohort, "?state=stalled")
    assert len(re.findall(r"@example\.org</bdi>", page)) == 6
    # Those of a page, at most, are asked for by their numbers: how far they are.
    assert number_of_parameters(many) <= number_of_parameters(few) + 5


def number_of_parameters(statements: list[str]) -> int:
    return sum(len(re.findall(r"\?|%\(|%s", statement)) for statement in statements)
