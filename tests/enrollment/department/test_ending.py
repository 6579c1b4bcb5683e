"""What becomes of a department's seats when the payment goes back, or its bank disputes it."""

import pytest

from tests.enrollment.department.conftest import BUYER, Department
from tests.enrollment.test_course_page import a_sequence, runs
from tests.payments.conftest import refund
from tests.races import fresh_rows

GRACE = "grace@example.org"


@pytest.fixture
def claimed(department, mail) -> Department:
    """Grace has the first seat."""
    with fresh_rows():
        a_sequence("enrolled")
    assert department.claim(department.links[0]).status_code == 303
    return department


def letters(mail, email: str) -> list[str]:
    return [letter.template.removeprefix("enrollment/") for letter in mail.to(email)]


def test_a_refund_in_full_ends_places_and_voids_links(shop, stripe, claimed, mail):
    links = claimed.links
    refund(stripe)
    shop.hear(copies=2)
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)
    assert letters(mail, GRACE) == ["seat_claimed", "seat_ended"]
    assert "$" not in mail.to(GRACE)[1].body
    assert letters(mail, BUYER) == ["department_ready", "department_refunded"]
    assert runs() == [("enrolled", False)]
    assert "no longer there" in claimed.get(links[0]).text
    assert claimed.claim(links[0], "alan@example.org").status_code == 409
    assert claimed.links == []
    assert "given up" in claimed.get().text
    assert "not claimed yet" not in claimed.get().text.lower()
    assert "Your payment goes back to you" in shop.come_back(shop.order.stripe_session_id).text
    assert shop.books_balance


def test_a_partial_refund_keeps_all(shop, stripe, claimed, mail):
    refund(stripe, amount=120000)
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken, len(claimed.links)) == (1, 3, 2)
    assert letters(mail, GRACE) == ["seat_claimed"]
    assert "The seats stay as they are." in mail.to(BUYER)[-1].body  # Some may have moved to another cohort.
    assert claimed.claim(claimed.links[0], "alan@example.org").status_code == 303
    assert shop.books_balance


def test_while_it_is_disputed_no_seat_is_claimed_and_none_is_lost(shop, stripe, claimed, mail):
    links = claimed.links
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    shop.hear()
    assert "cannot be claimed just now" in claimed.claim(links[0], "alan@example.org").text
    page = claimed.get().text
    assert "disputed at your bank" in page
    assert "is enrolled" not in page
    assert (claimed.links, claimed.invite("alan@example.org").status_code) == ([], 409)
    assert mail.to("alan@example.org") == []
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    assert claimed.claim(links[0], "alan@example.org").status_code == 303
    assert letters(mail, GRACE) == ["seat_claimed", "place_disputed", "place_disputed"]
    assert letters(mail, BUYER) == ["department_ready", "department_disputed", "department_disputed"]
    assert shop.books_balance


def test_one_that_is_won_after_it_was_lost_brings_all_back(shop, stripe, claimed, mail):
    links = claimed.links
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 3)
    assert claimed.links == links
    assert letters(mail, GRACE) == ["seat_claimed", "place_disputed", "place_disputed"]
    assert letters(mail, BUYER) == ["department_ready", "department_disputed", "department_disputed"]
    assert shop.books_balance


def test_a_dispute_that_is_lost_ends_all(shop, stripe, claimed, mail):
    links = claimed.links
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    shop.hear()
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear(copies=2)
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("dispute lost", [], 0)
    assert "no longer there" in claimed.get(links[0]).text
    assert mail.to(BUYER)[-1].subject == "Your seats in Spring are given up"
    assert mail.to(GRACE)[-1].subject == "Your enrollment in Spring has ended"
    assert runs() == [("enrolled", False)]
    assert shop.books_balance
