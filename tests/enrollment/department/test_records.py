"""What seats hold of those who were invited and of those who came, and what erasing leaves of it."""

import pytest
from sqlalchemy import select

from app.enrollment.enrollments import Enrollment
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.newsletter.everything import traces
from tests.races import fresh_rows

GRACE = "grace@example.org"


def erase(email: str) -> None:
    with fresh_rows():
        records.erase(Person.at(email))
        db.session.commit()


def export(email: str) -> dict:
    with fresh_rows():
        return records.export(Person.at(email))


@pytest.fixture
def invited(department):
    """Grace, whom we know, is invited to the third seat."""
    with fresh_rows():
        Person.at(GRACE)
        db.session.commit()
    department.invite(f"Grace Hopper <{GRACE}>")
    return department.links[2]


def test_who_was_invited_is_told_so_and_forgotten_on_request(department, invited):
    [invitation] = export(GRACE)["seats"]["invitations"]
    assert (invitation["by"], invitation["invited_email"], invitation["cohort"]) == (
        "Ada Lovelace (Ward Nine)",
        GRACE,
        "Spring",
    )
    erase(GRACE)
    assert traces(GRACE, "Hopper") == set()
    assert "replaced by another" in department.get(invited).text
    assert len(department.links) == 3


def test_the_buyer_is_not_told_whom_they_invited(department, invited):
    told = export("ada@example.org")
    assert len(told["seats"]["bought_for_others"]) == 3
    assert GRACE not in str(told)


def test_who_came_is_forgotten_and_the_seat_stays_taken(shop, department, invited):
    department.claim(invited, GRACE, "Grace Hopper")
    assert export(GRACE)["course"]["places"][0]["cohort"] == "Spring"
    erase(GRACE)
    assert traces(GRACE, "Hopper") == set()
    assert "whose data we have erased" in department.get().text
    assert department.claimed == [3]
    with fresh_rows():
        assert db.session.scalars(select(Enrollment)).one().person.erased_at
    assert shop.books_balance


def test_a_buyer_who_is_erased_leaves_the_seats_to_whoever_has_links(shop, department):
    links = department.links
    erase("ada@example.org")
    assert department.claim(links[0]).status_code == 303
    assert department.get().status_code == 200
    assert department.post("/course/department", email="ada@example.org").status_code == 303
    assert shop.books_balance
