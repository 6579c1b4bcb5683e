from datetime import date
from pathlib import Path

import frontmatter
import pytest
import yaml

from app.content_files import ContentError
from app.enrollment import content
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.enrollment.orders import Order
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.people.models import Person
from app.publishing import ContentVersion

STARTER = Path(__file__).parents[2] / "app" / "starter"


def take_in(folder: Path) -> Course:
    content.import_from(folder)
    db.session.commit()
    return Course.current()


def test_the_starter_course_is_taken_in(app):
    course = take_in(STARTER)
    assert (course.title, course.price_cents, course.hours) == ("Physician Leadership & Career Course", 120000, 12)
    assert [module.title for module in course.modules][:2] == ["Leading Without Title", "Finding and Being a Mentor"]
    assert [(cohort.name, cohort.seats, cohort.starts_on) for cohort in course.cohorts] == [
        ("Spring 2027", 24, date(2027, 3, 2)),
        ("Fall 2027", 24, date(2027, 9, 14)),
    ]


def test_taking_it_in_again_changes_nothing(app):
    take_in(STARTER)
    before = db.session.get(ContentVersion, 1, populate_existing=True).number
    take_in(STARTER)
    assert db.session.get(ContentVersion, 1, populate_existing=True).number == before


def test_what_goes_out_is_what_came_in(app, tmp_path):
    take_in(STARTER)
    content.export_to(tmp_path)
    for path in [STARTER / "course" / "course.md", *(STARTER / "course" / "modules").glob("*.md")]:
        came, went = frontmatter.load(str(path)), frontmatter.load(str(tmp_path / path.relative_to(STARTER)))
        assert (went.metadata, went.content) == (came.metadata, came.content)
    came, went = ((root / "course" / "cohorts.yaml").read_text() for root in (STARTER, tmp_path))
    assert yaml.safe_load(went) == yaml.safe_load(came)
    before = db.session.get(ContentVersion, 1, populate_existing=True).number
    take_in(tmp_path)
    assert db.session.get(ContentVersion, 1, populate_existing=True).number == before


def test_every_way_to_sell_a_cohort_goes_out_and_comes_in(app, tmp_path):
    course = take_in(STARTER)
    course.tax, course.credit_statement = "exclusive", "This course carries no credit of any kind."
    course.coaching = "Book two conversations: one soon, one late."
    spring, autumn = course.cohorts
    values = {
        "sales_from": date(2027, 1, 4),
        "sales_until": date(2027, 2, 20),
        "price_cents": 99000,
        "early_price_cents": 90000,
        "early_until": date(2027, 1, 31),
        "early_seats": 8,
        "opens_weekly": True,
    }
    at_own_pace = {"starts_on": None, "ends_on": None, "seats": None}
    for cohort, columns in ((spring, values), (autumn, at_own_pace)):
        for name, value in columns.items():
            setattr(cohort, name, value)
    db.session.commit()
    content.export_to(tmp_path)
    take_in(STARTER)
    assert (spring.early_price_cents, autumn.seats, course.tax) == (None, 24, "none")
    take_in(tmp_path)
    assert {name: getattr(spring, name) for name in values} == values
    assert {name: getattr(autumn, name) for name in at_own_pace} == at_own_pace
    assert (course.tax, course.credit_statement) == ("exclusive", "This course carries no credit of any kind.")
    assert course.coaching == "Book two conversations: one soon, one late."


def test_seats_taken_and_cohorts_with_orders_stay(app, tmp_path):
    spring, autumn = take_in(STARTER).cohorts
    spring.seats_taken = 1
    db.session.add(
        Order(
            person=Person.at("ada@example.org"), cohort=spring, name="Ada", amount_cents=1, currency="usd", seats_held=1
        )
    )
    grace = Person.at("grace@example.org")
    summer = Cohort(name="Summer 2027", course=spring.course, time_zone="America/New_York")
    db.session.add_all([summer, WaitlistEntry(cohort=summer, person=grace, name="Grace")])
    db.session.commit()
    content.export_to(tmp_path)
    path = tmp_path / "course" / "cohorts.yaml"
    path.write_text("[]")
    course = take_in(tmp_path)
    db.session.refresh(course)
    assert [(cohort.name, cohort.seats_taken, cohort.sales_open) for cohort in course.cohorts] == [
        ("Spring 2027", 1, False),
        ("Summer 2027", 0, False),
    ]
    assert db.session.get(Cohort, autumn.id) is None


def test_a_folder_without_a_course_is_no_fault(app, tmp_path):
    content.import_from(tmp_path)
    content.export_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("course.md", "price_cents: 120000", "price_cents: 1200.50", "price_cents"),
        ("course.md", "price_cents: 120000", "price_cents: -1", "price_cents"),
        ("course.md", "price_cents: 120000", "price_cents: 20", "at least 50"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  price_cents: 49", "at least 50"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  early_price_cents: 1\n  early_seats: 3", "at least 50"),
        ("course.md", "currency: usd", "currency: dollars", "currency"),
        ("course.md", "currency: usd", "currency: jpy", "in hundredths"),
        ("course.md", "currency: usd", "currency: kwd", "in hundredths"),
        ("course.md", "hours: 12", "hours: many", "hours"),
        ("course.md", "hours: 12", "colour: green", "hours"),
        ("course.md", "learn:", "learn: a lot\nnothing:", "unknown keys"),
        ("cohorts.yaml", "seats: 24", "seats: none", "seats"),
        ("cohorts.yaml", "starts_on: 2027-03-02", "starts_on: in March", "starts_on"),
        ("cohorts.yaml", "ends_on: 2027-04-13", "ends_on: 2026-04-13", "ends before"),
        ("cohorts.yaml", "time_zone: America/New_York", "time_zone: Eastern", "time_zone"),
        ("cohorts.yaml", "ends_on: 2027-04-13", "ends_on: null", "needs both"),
        ("cohorts.yaml", "ends_on: 2027-04-13", "ends_on: 9999-12-31", "from 2000 to 2099"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  early_price_cents: 90000", "goes with"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  early_price_cents: 120000\n  early_seats: 3", "less than"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  sales_from: 2027-01-02\n  sales_until: 2027-01-01", "before"),
        ("cohorts.yaml", "seats: 24", "seats: 24\n  sales_until: 2027-03-02", "sales end when it begins"),
        ("cohorts.yaml", "2027-03-09 19:30", "March 9", "starts_at"),
        ("cohorts.yaml", "2027-03-09 19:30", "2027-03-14 02:30", "jump over"),
        ("cohorts.yaml", "minutes: 90", "minutes: long", "minutes"),
        ("cohorts.yaml", "minutes: 90", "minutes: 90\n      link: none", "live_sessions"),
        ("cohorts.yaml", "Coaching Skills", "Presenting your plans", "same title"),
        ("course.md", "currency: usd", "currency: usd\ntax: some", "tax"),
        ("cohorts.yaml", '"Fall 2027"', '"Spring 2027"', "same name"),
        ("cohorts.yaml", '- name: "Spring 2027"', "- title: Spring", "each cohort must have"),
        ("cohorts.yaml", '- name: "Spring 2027"', "- [", "cannot be read"),
        ("modules/01-leading-without-title.md", "position: 1", "position: first", "position"),
    ],
)
def test_a_fault_names_the_file_and_what_to_mend(app, tmp_path, file, old, new, says):
    take_in(STARTER)
    content.export_to(tmp_path)
    path = tmp_path / "course" / file
    text = (STARTER / "course" / file).read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ContentError) as fault:
        content.import_from(tmp_path)
    assert path.name in str(fault.value)
    assert says in str(fault.value)
    db.session.rollback()


def test_fewer_seats_than_are_taken_are_refused(app):
    [spring, _] = take_in(STARTER).cohorts
    spring.seats = spring.seats_taken = 30
    db.session.commit()
    with pytest.raises(ContentError, match="at least 30"):
        content.import_from(STARTER)
    db.session.rollback()
