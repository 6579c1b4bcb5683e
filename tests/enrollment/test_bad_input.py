"""What the checkout form refuses, keeping what was typed and writing nothing."""

import pytest
from sqlalchemy import func, select

from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Person
from tests.enrollment.conftest import BUYER
from tests.races import fresh_rows

GOOD = BUYER | {"cohort": "the first"}


@pytest.fixture
def send(app, client, stripe, cohort):
    cohort_id = str(cohort.id)

    def post(data):
        data = {name: cohort_id if value == "the first" else value for name, value in data.items()}
        return client.post("/course/checkout", data=data)

    return post


def nothing_was_written() -> bool:
    with fresh_rows():
        counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (Order, Person)]
        return counts == [0, 0] and db.session.scalar(select(func.sum(Cohort.seats_taken))) == 0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"cohort": ""}, "Choose a cohort"),
        ({"cohort": "999999"}, "Choose one of the cohorts"),
        ({"cohort": "9" * 400}, "Choose one of the cohorts"),
        ({"cohort": "1; DROP TABLE cohort"}, "Choose one of the cohorts"),
        ({"cohort": "\u0661"}, "Choose one of the cohorts"),
        ({"email": ""}, "Tell us where"),
        ({"email": "ada"}, "does not look like"),
        ({"email": "ada@example.org\r\nBcc: eve@example.org"}, "does not belong there"),
        ({"email": "a" * 300 + "@example.org"}, "does not look like"),
        ({"email": "ada@localhost"}, "does not look like"),
        ({"name": ""}, "Tell us your name"),
        ({"name": "A\r\nBcc: eve@example.org"}, "one line"),
        ({"name": "a" * 121}, "120"),
        ({"seats": "0"}, "Say how many seats"),
        ({"seats": "51"}, "Say how many seats"),
        ({"seats": "-1"}, "Say how many seats"),
        ({"seats": "many"}, "Say how many seats"),
        ({"seats": ""}, "Say how many seats"),
        ({"seats": "9" * 400}, "Say how many seats"),
        ({"seats": "1.5"}, "Say how many seats"),
        ({"seats": "\u0662"}, "Say how many seats"),
        ({"name": "Win at http://evil.example"}, "leave web addresses out"),
        ({"organization": "Ward 9, WWW.evil.example"}, "leave web addresses out"),
        ({"organization": "Claim your prize at evil.example"}, "leave web addresses out"),
        ({"organization": "W\r\nBcc: eve@example.org"}, "one line"),
        ({"organization": "a" * 121}, "120"),
    ],
)
def test_a_bad_field_is_explained_and_nothing_is_written(send, changes, says):
    answer = send(GOOD | changes)
    assert answer.status_code == 422
    assert says in answer.text
    kept = "Ada Lovelace" if "email" in changes else "ada@example.org"
    assert kept in answer.text
    assert nothing_was_written()


def test_an_empty_form_names_everything_that_is_missing(send):
    answer = send({})
    assert answer.status_code == 422
    for says in ("Choose a cohort", "Tell us where", "Tell us your name"):
        assert says in answer.text


def test_a_field_that_came_twice_is_refused(client, stripe, cohort):
    data = BUYER | {"cohort": [str(cohort.id), str(cohort.course.cohorts[1].id)]}
    assert client.post("/course/checkout", data=data).status_code == 422
    assert nothing_was_written()


def test_a_robot_is_thanked_and_forgotten(send):
    answer = send(GOOD | {"website": "http://spam.example"})
    assert answer.status_code == 303
    assert nothing_was_written()


def test_a_script_in_a_name_is_shown_as_text(send):
    answer = send(GOOD | {"name": "<script>alert(1)</script>", "email": ""})
    assert "<script>alert(1)" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def test_a_cohort_whose_sales_closed_cannot_be_bought(send, cohort):
    cohort.sales_open = False
    db.session.commit()
    assert send(GOOD).status_code == 422
    assert nothing_was_written()


def test_a_cohort_that_has_begun_cannot_be_bought(send, cohort):
    cohort.starts_on = cohort.starts_on.replace(year=2020)
    db.session.commit()
    assert send(GOOD).status_code == 422


def test_another_site_cannot_start_a_checkout(client, stripe, cohort):
    data = BUYER | {"cohort": str(cohort.id)}
    answer = client.post("/course/checkout", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert nothing_was_written()


def test_somebody_elses_name_is_not_changed_by_typing_their_address(shop, stripe):
    with fresh_rows():
        Person.at("ada@example.org")
        db.session.commit()
    shop.buy(name="Somebody Rude")
    with fresh_rows():
        assert Person.with_email("ada@example.org").name == ""
