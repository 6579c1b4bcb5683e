import json
import re
from datetime import UTC, date, datetime

import pytest

from app.enrollment.cohorts import Cohort
from app.enrollment.tasks import close_begun_cohorts
from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep
from app.hub.models import Question
from app.publishing import ContentVersion
from tests.races import fresh_rows

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


def structured_data(page: str) -> list[dict]:
    [script] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(script)["@graph"]


def test_the_page_says_what_who_buys_needs_to_know(client, course, cohort):
    db.session.add(Question(slug="time", title="How much time?", body="Twelve hours & more."))
    course.question_slugs = ["not-there", "time"]
    db.session.commit()
    page = client.get("/course/").text
    said = (
        course.title,
        course.lede,
        "Lead a change",
        "Leading Without Title",
        "12 hours",
        "$1,200",
        "Spring",
        "Autumn",
    )
    for text in (*said, "3 of 3", "Tuesdays, 7:30 p.m.", course.refund_policy, "How much time?", "Who it is for"):
        assert text in page
    assert "Secret text." not in page


def test_an_offer_at_ones_own_pace_says_what_it_lacks(client, course, cohort):
    lacks = ("The lessons, without live sessions", "A place in it cannot be moved to another cohort later")
    assert not any(words in client.get("/course/").text for words in lacks)
    assert "Live time and coaching" in client.get("/course/").text
    for number, each in enumerate(course.cohorts, start=1):
        each.starts_on, each.ends_on, each.sessions = None, None, ""
        db.session.commit()
        page = client.get("/course/").text
        assert all(page.count(words) == number for words in lacks)
    assert not any(words in page for words in ("Live time and coaching", "courseWorkload"))


def test_structured_data_agrees_with_the_page(client, course, cohort):
    db.session.add(Question(slug="time", title="How much time?", body="Twelve hours."))
    course.question_slugs = ["time"]
    db.session.commit()
    page = client.get("/course/").text
    things = {thing["@type"]: thing for thing in structured_data(page)}
    assert things["Course"]["name"] == course.title
    assert [offer["price"] for offer in things["Course"]["offers"]] == ["1200.00", "1200.00"]
    instance = things["Course"]["hasCourseInstance"][0]
    assert (instance["startDate"], instance["courseWorkload"]) == (cohort.starts_on.isoformat(), "PT720M")
    asked = things["FAQPage"]["mainEntity"][0]
    assert (asked["name"], asked["acceptedAnswer"]["text"].strip()) == ("How much time?", "Twelve hours.")
    assert "BreadcrumbList" in things


def test_the_page_is_the_same_for_everybody(client, course):
    answer = client.get("/course/")
    assert "Set-Cookie" not in answer.headers
    assert "csrf_token" not in answer.text
    assert answer.headers["Cache-Control"].startswith("public")


def test_the_page_counts_the_seats_that_are_left_now(app, shop, stripe):
    page = lambda: app.test_client().get("/course/").text  # noqa: E731
    assert "3 of 3 seats left" in page()
    shop.buy()
    assert "2 of 3 seats left" in page()


def test_a_full_cohort_cannot_be_chosen(client, course, cohort):
    cohort.seats_taken = cohort.seats
    db.session.commit()
    page = client.get("/course/").text
    assert re.search(rf'value="{cohort.id}" required disabled', page)
    assert "Full" in page


def test_with_every_cohort_full_there_is_no_form(client, course):
    for cohort in course.cohorts:
        cohort.seats_taken = cohort.seats
    db.session.commit()
    page = client.get("/course/").text
    assert "Every seat of the coming cohorts is taken" in page
    assert "<form" not in page.split('id="enroll"')[1]


def test_samples_are_marked(client, course, cohort):
    assert "Sample" not in client.get("/course/").text
    course.is_sample = cohort.is_sample = True
    db.session.commit()
    page = client.get("/course/").text
    assert "Sample course." in page
    assert "(sample dates)" in page


def test_the_number_of_queries_does_not_grow_with_cohorts(client, course):
    from sqlalchemy import event

    def count() -> int:
        statements: list[str] = []
        note = lambda *args: statements.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        client.get("/course/")
        event.remove(db.engine, "before_cursor_execute", note)
        return len([text for text in statements if text.startswith("SELECT")])

    before = count()
    for number in range(5):
        spring = course.cohorts[0]
        values = {name: getattr(spring, name) for name in ("starts_on", "ends_on", "time_zone", "seats")}
        course.cohorts.append(Cohort(name=f"More {number}", **values))
    db.session.commit()
    assert count() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": TOMORROW, "ends_on": TOMORROW},
        {"sales_from": TOMORROW},
        {"sales_until": TODAY},
        {"early_price_cents": 90000, "early_until": TODAY},
    ],
)
def test_when_the_day_changes_where_the_cohort_is_stored_pages_become_stale(course, cohort, clock, changes):
    for name, value in changes.items():
        setattr(cohort, name, value)
    db.session.commit()
    clock.time = datetime(2026, 11, 24, 4, 59, tzinfo=UTC)  # In New York, November 23, shortly before midnight.
    close_begun_cohorts.call_local()
    before = version()
    close_begun_cohorts.call_local()
    assert version() == before
    clock.advance(minutes=1)
    close_begun_cohorts.call_local()
    assert version() == before + 1


def version() -> int:
    return db.session.get(ContentVersion, 1, populate_existing=True).number


def a_sequence(starts_on: str, **columns) -> None:
    name = starts_on.replace(" ", "-")
    sequence = Sequence(name=name, title=name, purpose="course", starts_on=starts_on, **columns)
    sequence.steps = [SequenceStep(position=0, slug="one", subject="Hello", delay_hours=3, body="{resume_url}")]
    db.session.add(sequence)
    db.session.commit()


def runs() -> list[tuple[str, bool]]:
    with fresh_rows():
        found = db.session.query(SequenceRun).order_by(SequenceRun.id)
        return [(run.sequence.name, run.next_at is not None) for run in found]


def test_who_agreed_is_reminded_of_an_unfinished_checkout_until_they_enroll(shop, stripe, later):
    with fresh_rows():
        a_sequence("checkout abandoned", stops_on=["enrolled"])
        a_sequence("enrolled")
    shop.buy(reminder="y")
    later(minutes=40)
    shop.hear()
    assert runs() == [("checkout-abandoned", True)]
    stripe.pay(shop.buy())
    shop.hear()
    assert runs() == [("checkout-abandoned", False), ("enrolled", True)]


def test_who_did_not_agree_is_not_reminded(shop, stripe, later):
    with fresh_rows():
        a_sequence("checkout abandoned")
    shop.buy()
    later(minutes=40)
    shop.hear()
    assert runs() == []
