"""What was paid minus what went back, by month on the owner's clock and by cohort, each currency by itself."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.coaching.paying.models import ConsultationPayment
from app.enrollment.cohorts import Cohort
from app.extensions import db
from app.people.models import Person
from tests.races import fresh_rows
from tests.studio import factories

HONOLULU = "Pacific/Honolulu"  # Far from the zone a site begins with, and from UTC.


@pytest.fixture(autouse=True)
def mid_november(clock):
    clock.time = datetime(2026, 11, 15, 12, tzinfo=UTC)


@pytest.fixture
def owner(owner):
    Person.at("owner@doctor.example.org").time_zone = HONOLULU
    db.session.commit()
    return owner


def paid(email: str, cents: int, at: datetime, **columns) -> None:
    order = factories.order(email, enrolled=False, paid_at=at, paid_cents=cents)
    for name, value in columns.items():
        setattr(order, name, value)
    db.session.commit()


def on(*wall: int) -> datetime:
    return datetime(*wall, tzinfo=ZoneInfo(HONOLULU)).astimezone(UTC)


def rows(owner, address: str = "/studio/revenue") -> list[str]:
    """The words of every line, of both tables."""
    with fresh_rows():
        page = owner.get(address).text
    lines = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", page, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).replace("\u2013", "-").split()) for line in lines]


def test_what_is_paid_late_on_the_last_of_a_month_belongs_to_it_where_the_owner_is(owner):
    paid("ada@example.org", 100000, on(2026, 10, 31, 23, 30))
    paid("grace@example.org", 20000, on(2026, 11, 1, 0, 0))
    assert rows(owner)[:2] == [
        "November 2026 Course $200 - $200",
        "October 2026 Course $1,000 - $1,000",
    ]


def test_what_went_back_in_part_or_by_a_lost_dispute_is_taken_off(owner):
    at = on(2026, 11, 3)
    paid("ada@example.org", 100000, at, refunded_cents=25050)
    paid("grace@example.org", 100000, at, dispute_status="lost")
    paid("mary@example.org", 100000, at, dispute_status="under_review")
    paid("rosa@example.org", 100000, at, dispute_status="lost", refunded_cents=30000)
    assert rows(owner) == [
        "November 2026 Course $4,000 $2,250.50 $1,749.50",
        "Together USD $4,000 $2,250.50 $1,749.50",
        "Spring 2027 $4,000 $2,250.50 $1,749.50",
    ]


def test_currencies_are_never_added_to_each_other(owner):
    at = on(2026, 11, 3)
    paid("ada@example.org", 100000, at)
    paid("grace@example.org", 90000, at, currency="eur", refunded_cents=90000)
    assert rows(owner) == [
        "November 2026 Course 900 EUR 900 EUR 0 EUR",
        "November 2026 Course $1,000 - $1,000",
        "Together EUR 900 EUR 900 EUR 0 EUR",
        "Together USD $1,000 - $1,000",
        "Spring 2027 900 EUR 900 EUR 0 EUR",
        "Spring 2027 $1,000 - $1,000",
    ]


def test_consultations_have_a_line_of_their_own(owner):
    for kind in (factories.kind(), factories.kind("Deep dive")):
        asked = factories.consultation(f"{kind.slug}@example.org", kind=kind)
        about = {"person": asked.person, "kind": kind, "name": "Ada", "currency": "usd", "amount_cents": 15000}
        payment = ConsultationPayment(consultation=asked, paid_cents=15000, paid_at=on(2026, 11, 3), **about)
        db.session.add(payment)
    paid("ada@example.org", 100000, on(2026, 11, 3))
    assert rows(owner) == [
        "November 2026 Course $1,000 - $1,000",
        "November 2026 Consultations $300 - $300",
        "Together USD $1,300 - $1,300",
        "Spring 2027 $1,000 - $1,000",
        "Consultations $300 - $300",
    ]


def link(owner, words: str, address: str = "/studio/revenue") -> str:
    found = re.search(rf'href="([^"]+)">{words}</a>', owner.get(address).text)
    return found.group(1) if found else ""


def test_what_is_older_than_a_year_stands_on_the_page_before_in_both_tables(owner):
    paid("ada@example.org", 100000, on(2025, 11, 30, 23, 59))
    paid("grace@example.org", 20000, on(2025, 12, 1))
    spring = factories.cohort()
    about = {"course": spring.course, "name": "Fall 2027", "time_zone": "America/New_York", "seats": 12}
    starts_on = date(2027, 9, 7)
    autumn = Cohort(starts_on=starts_on, ends_on=starts_on + timedelta(days=42), **about)
    db.session.add(autumn)
    paid("mary@example.org", 50000, on(2026, 11, 3), cohort=autumn)
    assert rows(owner) == [
        "November 2026 Course $500 - $500",
        "December 2025 Course $200 - $200",
        "Together USD $700 - $700",
        "Fall 2027 $500 - $500",
        "Spring 2027 $200 - $200",
    ]
    assert not link(owner, "Later")
    assert (earlier := link(owner, "Earlier")) == "/studio/revenue?until=2025-11"
    assert rows(owner, earlier) == [
        "November 2025 Course $1,000 - $1,000",
        "Together USD $1,000 - $1,000",
        "Spring 2027 $1,000 - $1,000",
    ]
    assert not link(owner, "Earlier", earlier)
    assert link(owner, "Later", earlier) == "/studio/revenue?until=2026-11"


def test_a_year_without_payments_leads_on_to_those_with_some(owner):
    paid("ada@example.org", 100000, on(2024, 3, 1))
    assert rows(owner) == []
    assert "Nothing was paid in these twelve months" in owner.get("/studio/revenue").text
    empty = link(owner, "Earlier")
    assert rows(owner, link(owner, "Earlier", empty))[0] == "March 2024 Course $1,000 - $1,000"


@pytest.mark.parametrize("until", ["2026-12", "9999-12", "0001-01", "1999-12", "2026-13", "soon", "\u0662\u0660"])
def test_months_that_make_no_sense_are_the_latest(owner, until):
    paid("ada@example.org", 100000, on(2026, 11, 3))
    assert rows(owner, f"/studio/revenue?until={until}") == rows(owner)


def test_more_orders_take_no_more_queries(owner, queries):
    paid("ada@example.org", 100000, on(2026, 11, 3))
    with queries() as few:
        rows(owner)
    for month in range(1, 11):
        paid(f"buyer{month}@example.org", 100000, on(2026, month, 3))
    with queries() as many:
        assert len(rows(owner)) == 13
    assert len(many) == len(few)


def test_nothing_is_revenue_before_it_is_paid(owner):
    factories.order("ada@example.org", enrolled=False, failed_at=on(2026, 11, 3))
    db.session.commit()
    assert rows(owner) == []
    assert "Nothing was paid yet" in owner.get("/studio/revenue").text
    assert "/studio/revenue" in owner.get("/studio/enrollments").text


def test_it_says_where_the_revenue_of_who_moved_stands_and_names_each_landmark_once(owner):
    paid("ada@example.org", 100000, on(2026, 11, 3))
    page = owner.get("/studio/revenue").text
    assert "stays with the cohort it was bought in" in page
    names = re.findall(r'<(?:section|div|nav)[^>]* aria-label(?:ledby)?="([^"]+)"', page)
    assert sorted(names) == sorted(set(names))
