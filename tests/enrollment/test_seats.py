"""Seats: held, given back, and never sold twice."""

import pytest
from sqlalchemy import update

from app import followups
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.enrollment.orders import Order
from app.extensions import db
from app.limits import wait_in_words
from app.payments.tasks import sweep_payments
from app.stripe_sandbox.cards import GOOD_ACCOUNT
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows

BUYER = "ada@example.org"
OWNER = "owner@doctor.example.org"


def test_thirty_buyers_for_three_seats_hold_exactly_three(app, shop, stripe):
    db.session.rollback()

    def start(index: int) -> int:
        data = {"cohort": shop.cohort_id, "email": f"buyer{index}@example.org", "name": "B", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).status_code

    answers = at_once(30, start)
    assert sorted(answers) == [303] * 3 + [409] * 27
    assert shop.seats_taken == 3
    assert shop.books_balance


def test_departments_that_race_hold_all_of_their_seats_or_none(app, shop):
    with fresh_rows():
        db.session.get_one(Cohort, shop.cohort_id).seats = 5
        db.session.commit()

    def start(index: int) -> int:
        data = {"cohort": shop.cohort_id, "email": f"chief{index}@example.org", "name": "C", "seats": "2"}
        return app.test_client().post("/course/checkout", data=data).status_code

    assert sorted(at_once(10, start)) == [303] * 2 + [409] * 8
    assert [order.seats_held for order in shop.orders] == [2, 2]
    assert shop.seats_taken == 4


def test_who_holds_the_last_seat_finds_their_page_again(shop):
    pages = [shop.buy(email=f"{name}@example.org") for name in ("ada", "grace", "elizabeth")]
    assert shop.buy(email="ada@example.org") == pages[0]
    assert shop.start(email="late@example.org").status_code == 409


def test_one_buyer_clicking_many_times_at_once_holds_one_seat(app, shop, stripe):
    db.session.rollback()

    def start(_: int) -> str | None:
        data = {"cohort": shop.cohort_id, "email": BUYER, "name": "Ada", "seats": "1"}
        return app.test_client().post("/course/checkout", data=data).location

    [url] = set(at_once(6, start))
    assert url.startswith(stripe.base_url)
    assert shop.seats_taken == 1
    assert len(shop.orders) == 1


def test_who_pays_after_the_last_seat_of_all_has_gone_gets_the_money_back(shop, course, stripe, mail, later):
    course.cohorts[1].sales_open = False
    db.session.commit()
    session = shop.buy()
    later(minutes=33)
    stripe.pay(session)  # In the last minutes, and nobody tells us.
    give_up_the_order(shop, seats_of_the_cohort=1)
    shop.buy(email="grace@example.org")
    shop.hear()
    assert shop.enrollments == []
    [letter] = mail.to(BUYER, "enrollment/seat_gone")
    assert letter.subject == "Your seat was gone. We are returning your payment"
    assert [letter.template for letter in mail.to(OWNER)] == ["enrollment/payment_returned"]
    assert refunded_amounts(stripe) == [120000]
    assert "goes back to you" in shop.come_back(session).text
    shop.hear()
    assert shop.orders[0].state == "refunded"
    assert len(mail.to(BUYER)) == 1
    assert shop.books_balance


def test_who_paid_for_no_seat_and_had_a_part_back_before_reads_what_goes_back_now(shop, course, stripe, mail):
    course.cohorts[1].sales_open = False
    db.session.commit()
    stripe.pay(shop.buy())
    refund(stripe, amount=20000)
    give_up_the_order(shop, seats_of_the_cohort=0)
    shop.hear()
    letter, to_owner = mail.to(BUYER, "enrollment/seat_gone")[0], mail.to(OWNER, "enrollment/payment_returned")[0]
    assert "You get back $1,000.00" in letter.body
    assert to_owner.subject.startswith("A payment of $1,000.00 is being returned")
    assert len(mail.to(BUYER, "enrollment/partly_refunded")) == 1
    shop.hear()
    assert (sorted(refunded_amounts(stripe)), shop.order.state) == ([20000, 100000], "refunded")


def test_a_department_that_pays_when_too_few_seats_are_left_is_not_told_that_there_are_none(
    shop, course, stripe, mail, later
):
    course.cohorts[1].sales_open = False
    db.session.commit()
    session = shop.buy(seats="3")
    later(minutes=33)
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=2)
    shop.hear()
    letter, to_owner = mail.to(BUYER, "enrollment/seat_gone")[0], mail.to(OWNER, "enrollment/payment_returned")[0]
    assert letter.subject == "Not all of your seats were left. We are returning your payment"
    assert "by then fewer than 3 seats were left there." in " ".join(letter.body.split())
    assert "not all of 3 seats were left" in letter.html
    assert to_owner.subject == "A payment of $3,600.00 is being returned: too few seats were left"
    assert "when not all of 3 seats were left in Spring" in to_owner.body
    assert not any("full" in each.body or "no seat" in each.body.lower() for each in (letter, to_owner))


def test_who_pays_late_while_a_seat_is_left_is_enrolled(shop, stripe):
    session = shop.buy()
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=3)
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)


def give_up_the_order(shop, seats_of_the_cohort: int) -> None:
    """As the sweep does with an order whose time is over and whose page is gone."""
    order_id = shop.order.id
    with fresh_rows():
        order = Order.for_update(order_id)
        order.expire()
        order.cohort.seats = seats_of_the_cohort
        db.session.commit()


def refunded_amounts(stripe) -> list[int]:
    return [refund["amount"] for refund in stripe.sandbox.store.all("refund")]


def test_who_is_enrolled_learns_it_by_mail_only(shop, stripe, mail):
    stripe.pay(shop.buy())
    shop.hear()
    answer = shop.start()
    assert answer.status_code == 303
    assert answer.location.startswith(stripe.base_url)
    assert len(mail.to(BUYER, "enrollment/already_enrolled")) == 1


def test_whose_debit_is_under_way_is_not_called_enrolled(shop, stripe, mail):
    stripe.pay_by_debit(shop.buy(), GOOD_ACCOUNT)
    shop.hear()
    assert shop.start().status_code == 303
    [letter] = mail.to(BUYER, "enrollment/already_enrolled")
    assert letter.subject == "Your payment for Spring is under way"
    for words in (letter.body, letter.html):
        assert "Your bank has yet to confirm" in words
        assert "enrolled" not in words


def test_a_stranger_who_types_an_address_again_and_again_has_its_owner_mailed_but_now_and_then(
    shop, stripe, mail, later
):
    stripe.pay(shop.buy())
    shop.hear()
    for number in range(6):
        assert shop.start(name=f"Stranger {number}").status_code == 303
        later(minutes=4)
    assert len(mail.to(BUYER, "enrollment/already_enrolled")) == 2


def test_who_pays_twice_all_the_same_gets_the_second_payment_back(shop, stripe, mail):
    stripe.pay(shop.buy())
    shop.hear()
    second = shop.buy()
    assert shop.seats_taken == 2
    stripe.pay(second)
    shop.hear()
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)
    assert len(mail.to(BUYER, "enrollment/paid_twice")) == 1
    assert refunded_amounts(stripe) == [120000]
    assert sorted(order.state for order in shop.orders) == ["paid", "refunded"]
    assert shop.books_balance


@pytest.mark.parametrize("status", [500, 503, "drop"])
def test_a_refund_that_stripe_cannot_take_now_is_sent_later_and_once(shop, stripe, later, status):
    stripe.pay(shop.buy())
    shop.hear()
    stripe.pay(shop.buy())
    stripe.fail_calls(status, path="/v1/refunds", times=3)
    shop.hear()
    assert refunded_amounts(stripe) == []
    for _ in range(3):
        later(minutes=5)
        sweep_payments.call_local()
    assert refunded_amounts(stripe) == [120000]


def test_a_refund_whose_answer_was_lost_is_not_made_twice(shop, stripe, later):
    stripe.pay(shop.buy())
    shop.hear()
    stripe.pay(shop.buy())
    stripe.fail_calls("drop", path="/v1/refunds", times=3, after=True)
    shop.hear()
    later(minutes=5)
    sweep_payments.call_local()
    assert refunded_amounts(stripe) == [120000]


def test_two_payments_by_the_same_person_at_once_enroll_once(app, shop, stripe):
    first = shop.buy()
    stripe.pay_by_debit(first)
    shop.hear()
    second = shop.buy()
    stripe.settle(first)
    stripe.pay(second)
    db.session.rollback()
    pages, url = [first, second] * 4, "/course/checkout/complete?session_id="
    assert at_once(8, lambda index: app.test_client().get(url + pages[index]).status_code) == [200] * 8
    shop.work()
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)
    assert refunded_amounts(stripe) == [120000]
    assert shop.books_balance


def test_a_full_refund_ends_the_place_and_frees_the_seat(shop, stripe, mail):
    stripe.pay(shop.buy())
    shop.hear()
    refund(stripe)
    shop.hear()
    shop.hear(*[event["id"] for event in stripe.events()])
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)
    assert len(mail.to(BUYER, "enrollment/refunded")) == 1


def test_a_partial_refund_keeps_the_place_until_it_is_a_full_one(shop, stripe):
    stripe.pay(shop.buy())
    shop.hear()
    refund(stripe, amount=20000)
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken, shop.order.refunded_cents) == (1, 1, 20000)
    refund(stripe, amount=100000)
    shop.hear()
    assert (shop.enrollments, shop.seats_taken) == ([], 0)


def test_a_refund_told_before_the_payment_enrolls_nobody(shop, stripe, mail):
    stripe.pay(shop.buy())
    refund(stripe)
    shop.hear(*[event["id"] for event in reversed(stripe.events())])
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)
    assert mail.to(BUYER, "enrollment/enrolled") == []


def test_what_fails_midway_leaves_neither_place_nor_mail(shop, stripe, mail, later, monkeypatch):
    stripe.pay(shop.buy())
    with monkeypatch.context() as broken:
        broken.setattr(followups, "happened", lambda *_, **__: 1 / 0)
        shop.hear()
    assert (shop.order.state, shop.enrollments, mail.all) == ("pending", [], [])
    later(minutes=2)
    sweep_payments.call_local()
    assert (shop.order.state, len(shop.enrollments)) == ("paid", 1)
    assert len(mail.to(BUYER, "enrollment/enrolled")) == 1


def test_one_network_cannot_hold_every_seat(shop, client, limits):
    with fresh_rows():
        db.session.get_one(Cohort, shop.cohort_id).seats = 50
        db.session.commit()
    answers = [shop.start(client, email=f"buyer{number}@example.org") for number in range(41)]
    assert [answer.status_code for answer in answers] == [303] * 40 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert wait_in_words(int(answers[-1].headers["Retry-After"])) in answers[-1].text


def test_a_hospital_that_finds_a_cohort_full_may_ask_for_another(shop, client, limits):
    for number in range(3):
        shop.buy(email=f"buyer{number}@example.org")
    assert {shop.start(client, email=f"late{number}@example.org").status_code for number in range(45)} == {409}
    with fresh_rows():
        other = Course.current().cohorts[1].id
    assert shop.start(client, cohort=str(other), email="late@example.org").status_code == 303


def test_an_order_whose_process_died_before_stripe_answered_is_let_go(shop, stripe, later):
    shop.buy()
    with fresh_rows():
        db.session.execute(update(Order).values(stripe_session_id=None, checkout_url=None))
        db.session.commit()
    later(minutes=11)
    sweep_payments.call_local()
    assert (shop.order.state, shop.seats_taken) == ("expired", 0)
