import re
from datetime import date, timedelta

import pytest

from app.classroom.announcements.models import Announcement
from app.clock import now
from app.enrollment import emails
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course, Module
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.classroom.conftest import enroll
from tests.classroom.test_progress import ALL, done


@pytest.fixture
def enrollment(app) -> Enrollment:
    course = Course(slug="leading", title="Leading", lede="-", description="-", price_cents=100, currency="usd")
    course.modules = [Module(slug="one", position=1, title="Module One", summary="Begin.", body="For *learners*.")]
    starts_on = date.today() + timedelta(days=30)
    cohort = Cohort(name="Spring", starts_on=starts_on, ends_on=starts_on, time_zone="UTC", seats=5, seats_taken=1)
    cohort.sessions = "Tuesdays, 7:30 p.m."
    course.cohorts = [cohort]
    db.session.add(course)
    person = Person.at("ada@example.org")
    order = Order(person=person, cohort=cohort, name="Ada", amount_cents=100, currency="usd", seats_held=1)
    enrollment = Enrollment.begin(order)
    db.session.commit()
    return enrollment


def sign_in(client, email: str) -> None:
    code, _ = SignInCode.issue(Person.at(email))
    db.session.commit()
    assert client.post(f"/sign-in/{code.link_token}").status_code == 303


def test_who_is_enrolled_sees_the_course(client, enrollment):
    sign_in(client, "ada@example.org")
    answer = client.get("/learn/")
    assert answer.status_code == 200
    for said in ("Module One", "<em>learners</em>", "Spring", "Tuesdays, 7:30 p.m."):
        assert said in answer.text
    assert "p.m.." not in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_classroom_says_how_included_coaching_is_booked_where_there_is_some(client, enrollment):
    sign_in(client, "ada@example.org")
    assert "/coaching/book" not in client.get("/learn/").text
    enrollment.cohort.course.coaching = "Two conversations are included."
    db.session.commit()
    page = client.get("/learn/").text
    assert "Two conversations are included." in page and 'href="/coaching/book"' in page


def test_the_way_to_ones_data_is_at_the_foot_of_every_page_and_of_every_mail(client, enrollment, mail):
    emails.enrolled(enrollment, timedelta(days=7))
    db.session.commit()
    [letter] = mail.to("ada@example.org")
    sign_in(client, "ada@example.org")
    for text in (client.get("/learn/").text, client.get("/learn/papers/").text, letter.html, letter.body):
        assert "/newsletter/preferences/" not in text
        answer = client.post(re.search(r"/newsletter/data/[^\"\s]+", text)[0])
        assert client.get(answer.location).status_code == 200
    assert len(mail.to("ada@example.org", "newsletter/my_data")) == 1


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client, enrollment):
    answer = client.get("/learn/")
    assert answer.status_code == 303
    assert answer.location.endswith("/sign-in?next=/learn/")


def test_who_is_not_enrolled_is_told_so_and_shown_the_course(client, enrollment):
    sign_in(client, "grace@example.org")
    answer = client.get("/learn/")
    assert answer.status_code == 403
    assert "/course/" in answer.text
    assert "learners" not in answer.text
    assert "nobody is enrolled in the course with this address" in answer.text


def test_a_place_that_ended_closes_the_classroom_at_once(client, enrollment):
    sign_in(client, "ada@example.org")
    assert "Write the letter" in client.get("/learn/papers/").text
    enrollment.end()
    db.session.commit()
    answer = client.get("/learn/")
    assert (answer.status_code, "Your enrollment has ended" in answer.text) == (403, True)
    assert "Write the letter" not in client.get("/learn/papers/").text


def test_who_is_in_two_cohorts_finds_both_of_them(ada, cohort, course):
    other = Cohort(name="Spring", starts_on=date(2027, 3, 2), ends_on=date(2027, 4, 13), time_zone="UTC", course=course)
    enroll(ada.email, other)
    places = [place.id for place in Enrollment.opening(ada.person)]
    for told in (cohort, other):
        db.session.add(Announcement(cohort=told, subject=f"To {told.name}", text="Welcome.", sent_at=now()))
    db.session.commit()
    page = ada.get().text
    assert "You are enrolled in Winter and Spring." in page
    for said in ("Your cohorts", "Tuesdays at noon", "Move from Winter to a later", "Move from Spring to a later"):
        assert said in page
    assert all(f"/learn/places/{place_id}/move" in page for place_id in places)
    told = ada.get("announcements").text
    assert re.findall(r"<h2>(.*?)</h2>\s*<p class=\"meta\">.* · (\w+)</p>", told) == [
        ("To Spring", "Spring"),
        ("To Winter", "Winter"),
    ]
    done(ada, *ALL)
    assert "Your certificate is issued when Winter is over, after December 31, 2026." in ada.get().text


def test_one_cohort_of_two_that_has_no_end_is_enough_for_the_certificate(ada, course):
    enroll(ada.email, Cohort(name="Own pace", time_zone="UTC", course=course))
    done(ada, *ALL)
    [paper] = Paper.of_person(ada.person)
    assert (paper.kind, paper.facts["cohort"]) == ("certificate", "Own pace")
    assert "Your certificate</a>" in ada.get().text
