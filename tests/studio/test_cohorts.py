"""Cohorts and the course as it is sold: dates, seats, sales and prices, typed by the owner."""

from datetime import date, timedelta
from html import unescape

import pytest
import yaml
from sqlalchemy import select

from app.content_files import ContentError
from app.enrollment import content
from app.enrollment.cohorts import Cohort
from app.enrollment.content_cohorts import take_cohorts, write_cohorts
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course, Module
from app.extensions import db
from app.publishing import ContentVersion
from app.studio.cohort_forms import CohortForm
from tests.classroom.conftest import enroll
from tests.studio import factories
from tests.studio.desk import seen_in

COHORT = {
    "name": "Spring 2028",
    "starts_on": "2028-03-07",
    "ends_on": "2028-04-18",
    "time_zone": "America/New_York",
    "sessions": "Tuesdays, 7:30 p.m.",
    "seats": "24",
    "sales_open": "y",
}


@pytest.fixture
def cohort(app) -> Cohort:
    """One with 3 seats taken and 1 kept for who waits."""
    cohort = factories.cohort()
    cohort.seats, cohort.seats_taken, cohort.seats_awaited = 10, 3, 1
    db.session.commit()
    return cohort


def named(name: str) -> Cohort:
    return db.session.scalar(select(Cohort).filter_by(name=name))


def version() -> int:
    return db.session.scalar(select(ContentVersion.number))


def test_a_cohort_is_added_with_everything_it_can_have(send, cohort):
    before = version()
    more = {
        "sales_from": "2027-12-01",
        "sales_until": "2028-03-01",
        "price": "$1,400",
        "early_price": "1,200.50",
        "early_until": "2028-01-31",
        "early_seats": "8",
        "opens_weekly": "y",
    }
    assert send("/cohorts", **COHORT | more).status_code == 303
    added = named("Spring 2028")
    assert (added.starts_on, added.ends_on, added.seats) == (date(2028, 3, 7), date(2028, 4, 18), 24)
    assert (added.sales_from, added.sales_until) == (date(2027, 12, 1), date(2028, 3, 1))
    assert (added.price_cents, added.early_price_cents) == (140000, 120050)
    assert (added.early_until, added.early_seats, added.opens_weekly) == (date(2028, 1, 31), 8, True)
    assert version() > before


def test_without_dates_seats_and_price_it_is_at_ones_own_pace_for_all(send, owner, cohort):
    empty = dict.fromkeys(("starts_on", "ends_on", "seats", "price", "sessions"), "")
    assert send("/cohorts", **COHORT | empty).status_code == 303
    added = named("Spring 2028")
    assert (added.is_self_paced, added.seats, added.price_cents) == (True, None, None)
    assert "At your own pace" in owner.get("/studio/cohorts").text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give it a name"),
        ({"starts_on": ""}, "Say the first day too"),
        ({"ends_on": ""}, "Say the last day too"),
        ({"ends_on": "2028-03-06"}, "comes before the first"),
        ({"starts_on": "in spring"}, "like 2027-03-16"),
        ({"starts_on": "0001-01-01"}, "a day from 2000 to 2099"),
        ({"ends_on": "9999-12-31"}, "a day from 2000 to 2099"),
        ({"time_zone": "Eastern"}, "Choose one of the time zones"),
        ({"seats": "0"}, "from 1 to 9,999"),
        ({"seats": "many"}, "whole number"),
        ({"sales_from": "2028-02-02", "sales_until": "2028-02-01"}, "end before they open"),
        ({"sales_until": "2028-03-07"}, "Sales end when the cohort begins"),
        ({"price": "12,00"}, "such as 1,200"),
        ({"price": "a lot"}, "such as 1,200"),
        ({"price": "0.49"}, "cannot be paid by card"),
        ({"price": "100,001"}, "At most 100,000"),
        ({"early_price": "90"}, "until which day"),
        ({"early_price": "1200", "early_seats": "3"}, "less than 1200"),
        ({"early_price": "nothing", "early_seats": "3"}, "such as 1,200"),
        ({"early_until": "2028-01-31"}, "early price too"),
        ({"early_seats": "3"}, "early price too"),
    ],
)
def test_what_cannot_be_is_explained_and_nothing_typed_is_lost(send, cohort, wrong, words):
    answer = send("/cohorts", **COHORT | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Tuesdays, 7:30 p.m."' in answer.text
    assert named("Spring 2028") is None


def test_two_cohorts_have_two_names(send, cohort):
    answer = send("/cohorts", **COHORT | {"name": cohort.name.upper()})
    assert answer.status_code == 422
    assert "Another cohort has this name" in answer.text


def test_a_name_given_in_two_windows_at_once_is_refused_with_all_that_was_typed(send, cohort, monkeypatch):
    monkeypatch.setattr(CohortForm, "validate_name", lambda form, field: None)  # It was free when it was looked for.
    assert send("/cohorts", **COHORT).status_code == 303
    for path in ("/cohorts", f"/cohorts/{cohort.id}"):
        answer = send(path, **COHORT | {"seats": "25"})
        assert (answer.status_code, "Another cohort has this name" in answer.text) == (409, True)
        assert 'value="25"' in answer.text
    assert named("Spring 2028").seats == 24


def test_seats_are_not_lowered_below_what_is_taken(send, cohort):
    answer = send(f"/cohorts/{cohort.id}", **COHORT | {"seats": "2"})
    assert answer.status_code == 422
    assert "Write 3 or more" in answer.text
    # Who only waits has none yet: a cohort that is full, with a long line, is saved like any other.
    assert send(f"/cohorts/{cohort.id}", **COHORT | {"seats": "3"}).status_code == 303
    assert (cohort.seats, cohort.seats_taken) == (3, 3)


def test_who_changes_dates_reads_that_nobody_is_told(send, owner, cohort):
    assert "Nobody is told" in owner.get(f"/studio/cohorts/{cohort.id}").text
    send(f"/cohorts/{cohort.id}", **COHORT)
    assert "Nobody has been told of the new dates" in owner.get("/studio/cohorts").text
    send(f"/cohorts/{cohort.id}", **COHORT | {"price": "900"})
    assert "Nobody has been told" not in owner.get("/studio/cohorts").text


def test_a_cohort_keeps_what_was_not_changed(send, owner, cohort):
    send(f"/cohorts/{cohort.id}", **COHORT | {"price": "1,400", "early_price": "99.50", "early_seats": "2"})
    page = owner.get(f"/studio/cohorts/{cohort.id}").text
    for kept in ('value="1400"', 'value="99.50"', 'value="2028-03-07"', 'value="Tuesdays, 7:30 p.m."'):
        assert kept in page


def test_what_another_window_saved_is_kept_where_this_one_left_it_and_asked_about_where_both_changed_it(
    send, owner, cohort
):
    path = f"/cohorts/{cohort.id}"
    send(path, **COHORT | {"price": "700"})
    seen = seen_in(owner.get(f"/studio{path}"))
    there = {"price": "800", "seats": "30", "ends_on": "2028-05-02", "is_sample": "y", "time_zone": "UTC"}
    assert send(path, **COHORT | there, seen=seen).status_code == 303
    here = COHORT | {"price": "900", "sales_from": "2027-12-01"}
    answer = send(path, **here, seen=seen)
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "Price: another window saved “800” meanwhile" in page
    assert "as another window saved them meanwhile: “Last day”, “Time zone”, “Seats”, “These are sample dates”." in page
    assert "Sales open on: another" not in page  # By nobody else.
    for value in ('value="900"', 'value="2027-12-01"', 'value="30"', 'value="2028-05-02"'):
        assert value in page
    assert (cohort.seats, cohort.price_cents) == (30, 80000)
    assert send(path, **COHORT | there | {"price": "900"}, seen=seen_in(answer)).status_code == 303
    assert (cohort.seats, cohort.price_cents, cohort.time_zone, cohort.is_sample) == (30, 90000, "UTC", True)


def test_what_two_windows_changed_of_a_cohort_is_checked_as_it_would_be_together(send, owner, cohort):
    path = f"/cohorts/{cohort.id}"
    send(path, **COHORT)
    seen = seen_in(owner.get(f"/studio{path}"))
    earlier = {"starts_on": "2028-02-01", "sales_from": "2027-12-01"}
    assert send(path, **COHORT | earlier, seen=seen).status_code == 303
    answer = send(path, **COHORT | {"sales_until": "2028-03-01"}, seen=seen)
    assert (answer.status_code, "Sales end when the cohort begins" in answer.text) == (422, True)
    answer = send(path, **COHORT | {"sales_from": "soon"}, seen=seen)
    assert (answer.status_code, 'value="soon"' in answer.text) == (422, True)
    assert (cohort.starts_on, cohort.sales_until) == (date(2028, 2, 1), None)


def test_what_another_window_saved_of_the_course_is_kept(send, owner, cohort):
    typed = {"price": "1350", "tax": "none", "credit_statement": "No.", "refund_policy": "A refund.", "coaching": ""}
    send("/course", **typed)
    seen = seen_in(owner.get("/studio/course"))
    send("/course", **typed | {"tax": "exclusive"}, seen=seen)
    assert send("/course", **typed | {"price": "1400"}, seen=seen).status_code == 303
    assert "Kept as another window saved it meanwhile: “Tax”." in owner.get("/studio/cohorts").text
    course = Course.current()
    assert (course.price_cents, course.tax) == (140000, "exclusive")
    answer = send("/course", **typed | {"tax": "inclusive"}, seen=seen)
    assert "another window chose “Stripe adds the tax to the price” meanwhile" in unescape(answer.text)
    assert (answer.status_code, course.price_cents, course.tax) == (409, 140000, "exclusive")


def test_price_tax_and_statements_of_the_course(send, cohort):
    typed = {"price": "1,350", "tax": "exclusive", "credit_statement": "No credit.", "refund_policy": "A full\nrefund."}
    typed["coaching"] = "Book\nit."
    assert send("/course", **typed).status_code == 303
    course = Course.current()
    assert (course.price_cents, course.tax) == (135000, "exclusive")
    statements = (course.credit_statement, course.refund_policy, course.coaching)
    assert statements == ("No credit.", "A full refund.", "Book it.")
    answer = send("/course", **typed | {"tax": "some", "price": "", "credit_statement": ""})
    assert answer.status_code == 422
    for words in ("such as 1,200", "Choose one of the three", "Say plainly"):
        assert words in answer.text


def test_without_a_course_there_is_nothing_to_sell(owner):
    assert "no course yet" in owner.get("/studio/cohorts").text
    assert owner.get("/studio/cohorts/new").status_code == 404
    assert owner.get("/studio/course").status_code == 404


def test_modules_that_are_open_to_somebody_do_not_close_week_by_week(send, cohort, tmp_path):
    typed = COHORT | {"name": cohort.name, "opens_weekly": "y"}
    place = enroll("ada@example.org", cohort)
    refused = send(f"/cohorts/{cohort.id}", **typed)
    assert refused.status_code == 422
    assert "nothing is closed to them again" in refused.text
    file = tmp_path / "cohorts.yaml"
    write_cohorts(cohort.course, file)
    file.write_text(file.read_text() + "  opens_weekly: true\n")
    with pytest.raises(ContentError, match="opens_weekly would close modules"):
        take_cohorts(cohort.course, file)
    db.session.rollback()
    place.end()
    db.session.commit()
    assert send(f"/cohorts/{cohort.id}", **typed).status_code == 303
    enroll("grace@example.org", cohort)
    assert send(f"/cohorts/{cohort.id}", **typed).status_code == 303  # As it is already.


@pytest.fixture
def begun(cohort, clock) -> Cohort:
    """One week by week in its second week, with somebody in it."""
    today = clock.time.date()
    cohort.starts_on, cohort.ends_on = today - timedelta(days=8), today + timedelta(days=30)
    cohort.opens_weekly = True
    enroll("ada@example.org", cohort)
    return cohort


@pytest.mark.parametrize(("days", "is_refused"), [(2, True), (1, False), (-1, False), (0, False), (None, True)])
def test_a_first_day_that_would_close_what_is_open_is_refused(send, begun, tmp_path, days, is_refused):
    first = "" if days is None else (begun.starts_on + timedelta(days=days)).isoformat()
    typed = {"name": begun.name, "opens_weekly": "y", "starts_on": first, "ends_on": first and str(begun.ends_on)}
    file = tmp_path / "cohorts.yaml"
    write_cohorts(begun.course, file)
    [entry] = yaml.safe_load(file.read_text())
    meant = {key: date.fromisoformat(typed[key]) if first else None for key in ("starts_on", "ends_on")}
    file.write_text(yaml.safe_dump([entry | meant]))
    answer = send(f"/cohorts/{begun.id}", **COHORT | typed)
    assert (answer.status_code, "would close again" in answer.text) == ((422, True) if is_refused else (303, False))
    if is_refused:
        with pytest.raises(ContentError, match="another starts_on would close"):
            take_cohorts(begun.course, file)
        db.session.rollback()
        assert send(f"/cohorts/{begun.id}", **COHORT | typed | {"opens_weekly": ""}).status_code == 303


HONOLULU, TOKYO = "Pacific/Honolulu", "Asia/Tokyo"


@pytest.mark.parametrize(
    ("hour", "days", "zone", "is_refused"),
    [(8, 7, HONOLULU, True), (8, 8, HONOLULU, False), (11, 7, HONOLULU, False), (8, 7, TOKYO, False)],
)
def test_a_zone_in_which_the_week_has_not_begun_yet_is_refused(
    send, begun, clock, tmp_path, hour, days, zone, is_refused
):
    clock.time = clock.time.replace(hour=hour)
    begun.starts_on = clock.time.date() - timedelta(days=days)
    db.session.commit()
    typed = {"name": begun.name, "opens_weekly": "y", "starts_on": str(begun.starts_on), "ends_on": str(begun.ends_on)}
    file = tmp_path / "cohorts.yaml"
    write_cohorts(begun.course, file)
    file.write_text(file.read_text().replace(begun.time_zone, zone))
    answer = send(f"/cohorts/{begun.id}", **COHORT | typed | {"time_zone": zone})
    assert (answer.status_code, "for some hours" in answer.text) == ((422, True) if is_refused else (303, False))
    if is_refused:
        with pytest.raises(ContentError, match="another time_zone would close"):
            take_cohorts(begun.course, file)
        db.session.rollback()


@pytest.mark.parametrize("has_moved", [True, False])
def test_for_who_moved_on_or_goes_at_their_own_pace_no_zone_closes_a_week_either(send, begun, clock, has_moved):
    clock.time = clock.time.replace(hour=8)
    place = db.session.scalars(select(Enrollment)).one()
    typed = {"name": begun.name, "opens_weekly": "y", "starts_on": "", "ends_on": ""}
    if has_moved:  # A week after it began, in the night.
        begun.starts_on = clock.time.date() - timedelta(days=7)
        typed |= {"starts_on": str(begun.starts_on), "ends_on": str(begun.ends_on)}
        place.moved_from, place.moved_at, place.cohort = begun, clock.time, factories.cohort("Later")
    else:
        begun.starts_on = begun.ends_on = None
        place.enrolled_at = clock.time - timedelta(days=6, hours=20)
    db.session.commit()
    clock.advance(days=3 if has_moved else 0)
    assert send(f"/cohorts/{begun.id}", **COHORT | typed | {"time_zone": TOKYO}).status_code == 303
    assert send(f"/cohorts/{begun.id}", **COHORT | typed | {"time_zone": HONOLULU}).status_code == 422


def test_a_first_day_that_is_still_to_come_may_be_moved(send, begun, clock):
    clock.advance(days=-20)
    later = {"starts_on": str(begun.starts_on + timedelta(days=7)), "ends_on": str(begun.ends_on)}
    assert send(f"/cohorts/{begun.id}", **COHORT | later | {"name": begun.name, "opens_weekly": "y"}).status_code == 303


@pytest.mark.parametrize(("week", "was", "is_refused"), [(3, 2, True), (3, 1, True), (2, 1, False), (4, 3, False)])
def test_a_module_that_is_open_is_not_put_into_a_later_week(begun, tmp_path, week, was, is_refused):
    module = Module(slug="asked", position=9, title="Asked", summary="-", opens_in_week=was, course=begun.course)
    for column in ("lede", "description", "refund_policy", "body"):
        setattr(begun.course, column, "Words")
    db.session.add(module)
    db.session.commit()
    content.export_to(tmp_path)
    file = next((tmp_path / "course" / "modules").glob("*-asked.md"))
    file.write_text(file.read_text().replace(f"opens_in_week: {was}", f"opens_in_week: {week}"))
    if is_refused:
        with pytest.raises(ContentError, match=f"would close: write opens_in_week: {was}"):
            content.import_from(tmp_path)
    else:
        content.import_from(tmp_path)
        assert module.opens_in_week == week
