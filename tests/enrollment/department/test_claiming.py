"""Whoever has a seat's link, and is first, has a place."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.enrollment.department.conftest import cohort
from tests.enrollment.test_course_page import a_sequence, runs
from tests.races import at_once, fresh_rows

GRACE, ALAN = "grace@example.org", "alan@example.org"


def places() -> list[tuple[str, int, int]]:
    """Whose they are, in which cohort, paid for by which order."""
    with fresh_rows():
        standing = db.session.scalars(select(Enrollment).where(Enrollment.ended_at.is_(None)))
        return sorted((place.person.email, place.cohort_id, place.order_id) for place in standing)


def test_the_page_says_what_the_seat_is_and_what_becomes_of_ones_data(department):
    page = department.get(department.links[0]).text
    assert "A seat for you in Spring" in page
    assert "Ada Lovelace (Ward Nine)" in page
    assert "nothing to pay" in page
    for seen in ("the day you claim the seat", "opened a lesson yet", "has ended", "to which cohort it moved"):
        assert seen in page
    assert "$" not in page


def test_who_claims_has_a_place_and_a_way_in(shop, department, mail):
    answer = department.claim(department.links[0])
    assert (answer.status_code, answer.location) == (303, "/course/seats/mailed")
    assert places() == [(GRACE, shop.cohort_id, shop.order.id)]
    [letter] = mail.to(GRACE)
    assert letter.template == "enrollment/seat_claimed"
    assert "/sign-in/" in letter.body
    assert "On the clocks of: New York (America/New_York)\n\nWhat you type" in letter.body
    assert "$" not in letter.body
    with fresh_rows():
        [share] = [paper for paper in Paper.of_order(shop.order) if paper.enrollment_id]
        assert (share.facts["attendee"], share.facts["shared_by"]) == ("Grace Hopper", 3)
    assert (shop.seats_taken, shop.order.seats_held, shop.books_balance) == (3, 3, True)


def test_one_link_used_by_many_at_once_gives_one_place(app, shop, department):
    link = department.links[0]
    db.session.rollback()
    typed = [{"name": "Grace", "email": f"grace{number}@example.org"} for number in range(4)]
    answers = at_once(4, lambda number: app.test_client().post(link, data=typed[number]).status_code)
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(places()) == 1
    assert department.claimed == [1]
    assert "This seat has been claimed" in department.claim(link, ALAN).text
    assert "This seat has been claimed" in department.get(link).text
    assert shop.books_balance


def test_one_person_at_two_links_at_once_takes_one_seat(app, shop, department, mail):
    links = department.links[:2]
    db.session.rollback()
    typed = {"name": "Grace", "email": GRACE}
    answers = at_once(2, lambda number: app.test_client().post(links[number], data=typed).status_code)
    assert answers == [303, 303]
    assert len(places()) == len(department.claimed) == 1
    assert sorted(letter.template for letter in mail.to(GRACE)) == [
        "enrollment/seat_claimed",
        "enrollment/seat_not_needed",
    ]


def test_who_has_a_place_learns_it_by_mail_and_the_seat_stays_free(shop, department, stripe, mail, course):
    department.claim(department.links[0])
    again = department.claim(department.links[0])
    assert (again.status_code, again.location) == (303, "/course/seats/mailed")
    assert department.claimed == [1]
    assert [letter.template for letter in mail.to(GRACE)] == ["enrollment/seat_claimed", "enrollment/seat_not_needed"]
    for _ in range(9):
        department.claim(department.links[0])
    assert len(mail.to(GRACE)) == 6


def test_the_buyer_may_claim_one(shop, department):
    department.claim(department.links[2], "ada@example.org", "Ada")
    assert places() == [("ada@example.org", shop.cohort_id, shop.order.id)]


def test_looking_changes_nothing_and_no_scanner_claims(department):
    for link in department.links:
        for method in ("GET", "HEAD", "OPTIONS"):
            with fresh_rows():
                assert department.app.test_client().open(link, method=method).status_code == 200
    assert department.claimed == []


def test_a_name_in_any_script_stands_on_the_papers(department):
    assert department.claim(department.links[0], name="علی\u200cمحمد").status_code == 303
    assert department.claim(department.links[1], ALAN, name="山田\u3000太郎").status_code == 303
    with fresh_rows():
        names = db.session.scalars(select(Paper)).all()
    assert {"علی\u200cمحمد", "山田 太郎"} <= {paper.facts.get("attendee") for paper in names}


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "", "email": GRACE},
        {"name": "Grace", "email": "grace"},
        {"name": "G\r\nBcc: x", "email": GRACE},
        {"name": "https://evil.example", "email": GRACE},
    ],
)
def test_a_slip_is_explained_and_loses_nothing(department, typed):
    answer = department.post(department.links[0], **typed)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert f'value="{typed["email"]}"' in answer.text
    assert department.claimed == []


def test_a_seat_can_be_claimed_until_the_cohort_ends(department, clock_of_cohort):
    links = department.links
    clock_of_cohort("starts_on", days=3)
    assert department.claim(links[0]).status_code == 303
    clock_of_cohort("ends_on")
    assert department.claim(links[1], ALAN).status_code == 303
    clock_of_cohort("ends_on", days=1)
    assert "Spring has ended" in department.claim(links[2], "late@example.org").text
    assert department.claimed == [1, 2]
    assert "cannot be claimed any more" in department.get().text
    assert department.invite("late@example.org").status_code == 409


@pytest.fixture
def clock_of_cohort(later):
    """Goes to about noon, where the cohort is held, of one of its days."""

    def go(day: str, days: int = 0) -> None:
        noon = getattr(cohort(), day) + timedelta(days=days)
        later(hours=(noon - now().date()).days * 24 + 17 - now().hour)

    return go


def test_letters_follow_whoever_claims_and_not_the_buyer(shop, department, stripe, later):
    with fresh_rows():
        a_sequence("checkout abandoned", stops_on=["enrolled"])
        a_sequence("enrolled")
    autumn = str(cohort("Autumn").id)
    shop.buy(reminder="y", cohort=autumn, email="eve@example.org")
    later(minutes=40)
    shop.hear()
    assert runs() == [("checkout-abandoned", True)]
    stripe.pay(shop.buy(seats="2", cohort=autumn, email="eve@example.org"))
    shop.hear()
    assert runs() == [("checkout-abandoned", False)]
    department.claim(department.links[0])
    assert runs() == [("checkout-abandoned", False), ("enrolled", True)]


@pytest.mark.parametrize(("place_in", "is_told"), [("Spring", False), ("Autumn", True)])
def test_a_place_is_said_to_have_moved_only_where_it_is_in_another_cohort(department, place_in, is_told):
    """One of the cohort that was bought may go on from another of the same person, which had moved there."""
    department.claim(department.links[0], GRACE)
    with fresh_rows():
        place, cohorts = db.session.scalars(select(Enrollment)).one(), db.session.scalars(select(Cohort)).all()
        place.moved_at, place.moved_from = now(), cohorts[0]
        place.cohort = next(cohort for cohort in cohorts if cohort.name == place_in)
        db.session.commit()
    assert ("moved to" in department.get().text) == is_told
