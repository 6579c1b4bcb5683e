"""A department whose dispute was lost, and is won when its seats are somebody else's."""

import re
from datetime import date, timedelta

import pytest

from app.enrollment.papers.models import Paper
from app.enrollment.papers.standing import Standing
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.enrollment.department.conftest import BUYER, cohort
from tests.enrollment.next_cohort.test_choosing import page, post, seats_taken, words_of
from tests.enrollment.next_cohort.test_moving import change_cohort, move, place_of, signed_in
from tests.enrollment.next_cohort.test_won_back import lose
from tests.enrollment.test_seats import OWNER, refunded_amounts
from tests.races import fresh_rows

GRACE = "grace@example.org"


@pytest.fixture
def lost(department, shop, stripe) -> str:
    """Grace had the first of the three seats, and the bank the payment."""
    department.claim(department.links[0])
    return lose(shop, stripe)


def win(shop, stripe, dispute: str, seats_left: int) -> None:
    change_cohort("Spring", seats=seats_left)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)


def choice(mail) -> str:
    [letter] = mail.to(BUYER, "enrollment/next_cohort_offered")
    return re.findall(r"http://localhost:8000(/course/orders/\S+)", letter.body)[0]


def since_the_receipt(shop) -> str:
    """What the check page adds to the receipt of the whole order."""
    with fresh_rows():
        receipt = Paper.of_order(shop.order)[0]
        assert (receipt.enrollment_id, receipt.facts["cohort"]) == (None, "Spring")
        return Standing.of(receipt).place


def test_the_buyer_is_offered_all_the_seats_in_the_next_cohort(department, app, shop, stripe, mail, lost):
    win(shop, stripe, lost, seats_left=2)
    assert (seats_taken(), shop.enrollments) == ({"Spring": 0, "Autumn": 3}, [])
    words = words_of(mail.to(BUYER, "enrollment/next_cohort_offered"))
    assert "not all of your 3 seats are left there" in words
    assert "We hold 3 seats for you in Autumn" in words
    told = words_of(mail.to(OWNER, "enrollment/payment_disputed")[-1:])
    assert "not all of the 3 seats are free any more" in told
    text = page(app, choice(mail)).text
    assert "Spring has too few seats left. What would you like?" in text
    assert "not all of your 3 seats are left there. 3 seats in <b>Autumn</b> are held" in text
    assert shop.books_balance


@pytest.mark.parametrize("is_claimed", [True, False])
def test_the_offer_speaks_of_who_had_claimed_a_seat_where_somebody_had(department, shop, stripe, mail, is_claimed):
    if is_claimed:
        department.claim(department.links[0])
    win(shop, stripe, lose(shop, stripe), seats_left=2)
    [letter] = mail.to(BUYER, "enrollment/next_cohort_offered")
    for words in (letter.body, letter.html):
        assert ("Who had claimed a seat" in words) == is_claimed


def test_no_seat_is_claimed_before_they_choose(department, app, shop, stripe, mail):
    links = department.links
    win(shop, stripe, lose(shop, stripe), seats_left=2)
    assert department.claim(links[1], "alan@example.org").status_code == 409
    assert department.invite("alan@example.org").status_code == 409
    assert "3 seats in Autumn are held for you until" in department.get().text
    assert department.links == []
    post(app, f"{choice(mail)}/refund")
    assert department.claim(links[1], "alan@example.org").status_code == 409
    assert (shop.enrollments, shop.books_balance) == ([], True)


def test_who_takes_them_keeps_the_links_and_who_had_claimed_one_comes_along(department, app, shop, stripe, mail, lost):
    win(shop, stripe, lost, seats_left=2)
    assert "Autumn" not in since_the_receipt(shop)
    assert post(app, f"{choice(mail)}/acceptance").status_code == 303
    assert since_the_receipt(shop).startswith("The seats are in Autumn now: ")
    assert place_of(GRACE).cohort_id == cohort("Autumn").id
    assert "You are enrolled in Autumn" in mail.to(GRACE)[-1].body
    assert "3 seats in Autumn are yours" in page(app, choice(mail)).text
    assert len(department.links) == 2
    assert department.claim(department.links[0], "alan@example.org").status_code == 303
    assert (len(shop.enrollments), seats_taken(), shop.books_balance) == (2, {"Spring": 0, "Autumn": 3}, True)


def test_who_wants_the_payment_back_is_told_once(department, app, shop, stripe, mail, lost):
    win(shop, stripe, lost, seats_left=2)
    told = len(mail.to(BUYER))
    post(app, f"{choice(mail)}/refund")
    assert "Your payment goes back to you" in page(app, choice(mail)).text
    shop.work()
    shop.hear()
    assert (refunded_amounts(stripe), shop.order.state) == ([360000], "refunded")
    assert [letter.template for letter in mail.to(BUYER)[told:]] == ["enrollment/seat_gone"]
    assert (shop.enrollments, shop.books_balance) == ([], True)


def test_where_a_moved_seat_is_gone_and_no_cohort_follows_all_of_the_payment_goes_back(
    department, app, shop, stripe, mail
):
    department.claim(department.links[0])
    with fresh_rows():
        ada = signed_in(app, GRACE)
    assert move(ada, place_of(GRACE)).status_code == 303
    dispute = lose(shop, stripe)
    assert seats_taken() == {"Spring": 0, "Autumn": 0}
    change_cohort("Autumn", seats=0)
    win(shop, stripe, dispute, seats_left=3)
    assert refunded_amounts(stripe) == [360000]  # No cohort follows Autumn.
    assert (shop.enrollments, seats_taken(), shop.books_balance) == ([], {"Spring": 0, "Autumn": 0}, True)


def test_the_owner_reads_of_seats_where_a_department_bought_them(department, shop, stripe, mail):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    shop.hear()
    for decision in ("lost", "won"):
        stripe.decide_dispute(dispute["id"], decision)
        shop.hear()
    opened, lost, won = (words_of([letter]) for letter in mail.to(OWNER, "enrollment/payment_disputed"))
    assert (
        "The places of those who claimed a seat are on hold, and no other seat can be claimed; the seats stay held"
        in opened
    )
    assert "those who had claimed a seat have ended, and the 3 seats are free again" in lost
    assert "The places of those who claimed a seat stand again, and the others can be claimed" in won
    # Somebody may have been erased, or bought a seat elsewhere, meanwhile.
    assert "Your page shows how each of them stands" in words_of(mail.to(BUYER, "enrollment/department_disputed")[-1:])


def test_of_a_cohort_that_is_over_no_seat_is_said_to_be_there_to_claim(department, shop, stripe, mail, lost):
    change_cohort("Spring", starts_on=date.today() - timedelta(days=60), ends_on=date.today() - timedelta(days=9))
    win(shop, stripe, lost, seats_left=3)
    assert "The places of those who claimed a seat stand again." in words_of(
        mail.to(OWNER, "enrollment/payment_disputed")[-1:]
    )
    assert (len(shop.enrollments), shop.books_balance) == (1, True)


def test_where_nobody_who_had_claimed_one_can_be_enrolled_again_only_the_owner_is_told(department, shop, stripe, mail):
    people = ["grace@example.org", "alan@example.org", "mary@example.org"]
    for email in people:
        department.claim(department.links[0], email)
    dispute = lose(shop, stripe)
    with fresh_rows():
        for email in people:
            records.erase(Person.at(email))
        db.session.commit()
    told = len(mail.to(BUYER))
    win(shop, stripe, dispute, seats_left=3)
    assert [letter.template for letter in mail.to(BUYER)[told:]] == []
    [last] = mail.to(OWNER, "enrollment/payment_disputed")[-1:]
    assert "nobody who had claimed one can be enrolled again" in words_of([last])
    assert (shop.enrollments, seats_taken()["Spring"], shop.books_balance) == ([], 0, True)
