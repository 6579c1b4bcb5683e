"""A seat that was claimed, perhaps with a slip in the address, is freed as long as no lesson was opened with it."""

import pytest

from app.classroom.lessons import Lesson
from app.extensions import db
from tests.enrollment.department.conftest import path_in
from tests.enrollment.department.test_claiming import ALAN, GRACE, places
from tests.enrollment.department.test_won_back import lose, win
from tests.enrollment.next_cohort.test_choosing import words_of
from tests.enrollment.next_cohort.test_moving import place_of, signed_in
from tests.enrollment.test_course_page import a_sequence, runs
from tests.races import fresh_rows

SLIP = "grcae@example.org"


@pytest.fixture
def slipped(department) -> str:
    """The link of the first seat, which Grace claimed with a slip in her address."""
    with fresh_rows():
        a_sequence("enrolled")
    link = department.links[0]
    department.claim(link, SLIP)
    return link


@pytest.fixture
def place(department, slipped) -> int:
    """The number of the place at the address with the slip."""
    return department.seats[0].enrollment_id


def test_a_seat_claimed_with_a_slip_is_freed_and_claimed_anew(shop, department, mail, slipped, place):
    assert 'name="place"' in department.get().text
    answer = department.free(1, place)
    assert answer.status_code == 303
    assert "Seat 1 has a new link" in department.get(answer.location).text
    assert (department.claimed, places(), runs()) == ([], [], [("enrolled", False)])
    assert "replaced by another" in department.get(slipped).text
    assert department.claim(slipped).status_code == 409
    assert "No lesson was opened with it, and the seat was freed" in words_of(mail.to(SLIP, "enrollment/seat_ended"))
    department.claim(department.links[0])
    assert places() == [(GRACE, shop.cohort_id, shop.order.id)]
    assert (department.claimed, shop.order.seats_held, shop.books_balance) == ([1], 3, True)


def test_who_has_opened_a_lesson_keeps_the_seat_and_who_only_signed_in_does_not(app, course, department, place):
    lesson = {"slug": "first", "position": 1, "title": "First", "summary": "", "body": "", "duration_minutes": 5}
    db.session.add(Lesson(module=course.modules[0], **lesson))
    db.session.commit()
    client = signed_in(app, SLIP)
    with fresh_rows():
        assert client.get("/learn/").status_code == 200
    assert 'name="place"' in department.get().text
    with fresh_rows():
        assert client.get("/learn/one/first").status_code == 200
    assert 'name="place"' not in department.get().text
    assert department.free(1, place).status_code == 409
    assert department.claimed == [1]


def test_a_second_press_does_not_take_the_seat_from_who_claimed_it_since(department, place):
    department.free(1, place)
    department.claim(department.links[0])
    assert department.free(1, place).status_code == department.free(1, None).status_code == 409
    assert department.free(2, place).status_code == 409
    assert department.claimed == [1]
    assert department.free(9, place).status_code == 404


def test_whose_address_was_right_may_claim_again(shop, department, mail, place):
    department.free(1, place)
    department.claim(department.links[1], SLIP)
    assert (places(), department.claimed) == ([(SLIP, shop.cohort_id, shop.order.id)], [2])
    assert place_of(SLIP).moved_at is None
    assert len(mail.to(SLIP, "enrollment/seat_claimed")) == 2


def test_nothing_is_freed_while_the_payment_is_disputed_or_gone(department, shop, stripe, place):
    lose(shop, stripe)
    assert 'name="place"' not in department.get().text
    assert department.free(1, place).status_code == 409


@pytest.mark.parametrize("seats_left", [3, 2], ids=["the same seats", "seats in the next cohort"])
def test_a_dispute_that_is_won_brings_no_freed_place_back(app, department, shop, stripe, mail, place, seats_left):
    department.free(1, place)
    department.claim(department.links[0], ALAN)
    dispute = lose(shop, stripe)
    win(shop, stripe, dispute, seats_left=seats_left)
    if seats_left < 3:
        address = path_in(mail.to("ada@example.org", "enrollment/next_cohort_offered")[0], "orders")
        department.post(f"{address}/acceptance")
    assert [email for email, *_ in places()] == [ALAN]
    assert (shop.order.seats_held, shop.books_balance) == (3, True)
