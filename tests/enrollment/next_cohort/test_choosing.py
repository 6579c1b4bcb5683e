"""Who paid when the cohort was full chooses between a seat in the next one and the payment back."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, select, update

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.next_cohort import emails
from app.enrollment.next_cohort.tasks import give_back_what_was_not_chosen
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.disputes import CLOSED_INQUIRY
from app.payments.fulfilment import fulfil
from app.stripe_sandbox.cards import GOOD_ACCOUNT
from tests.enrollment.test_seats import give_up_the_order, refunded_amounts
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows
from tests.studio.conftest import owner

__all__ = ["owner"]  # A fixture.

BUYER = "ada@example.org"
OWNER = "owner@doctor.example.org"


@pytest.fixture
def paid_late(shop, stripe, later):
    """Ada paid in the last minutes, nobody told us, and Grace had the last seat of Spring; then Stripe tells."""
    session = shop.buy()
    later(minutes=33)
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=1)
    shop.buy(email="grace@example.org")
    shop.hear()
    return session


@pytest.fixture
def link(paid_late, mail):
    [letter] = mail.to(BUYER)
    assert letter.template == "enrollment/next_cohort_offered"
    assert "Hello Ada," in letter.body
    [address] = re.findall(r"http://localhost:8000(/course/orders/\S+)", letter.body)
    return address


def seats_taken() -> dict[str, int]:
    with fresh_rows():
        return {name: taken for name, taken in db.session.execute(select(Cohort.name, Cohort.seats_taken))}


def post(app, address: str):
    with fresh_rows():
        return app.test_client().post(address)


def page(app, address: str):
    with fresh_rows():
        return app.test_client().get(address)


def page_of(owner, address: str) -> str:
    with fresh_rows():
        return owner.get(address).text


def words_of(letters) -> str:
    [letter] = letters
    return " ".join(letter.body.split())


def assert_told(mail, subject: str, why: str) -> None:
    """That the buyer, who was offered Autumn, had one more mail, which says what is true of it."""
    assert [letter.template for letter in mail.to(BUYER)] == ["enrollment/next_cohort_offered", "enrollment/seat_gone"]
    letter = mail.to(BUYER)[-1]
    assert letter.subject == subject
    assert why in words_of([letter])
    assert why in " ".join(letter.html.split())
    assert "Cohort: Spring" in letter.body


def test_cohorts_are_locked_before_the_person(shop, stripe, later):
    """Somebody else may hold the next cohort, and wait for the person: two that wait for each other end in an error."""
    session = shop.buy()
    later(minutes=33)
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=1)
    shop.buy(email="grace@example.org")
    changed: list[str] = []

    def note(_connection, _cursor, statement: str, *_rest) -> None:
        if statement.startswith("UPDATE"):
            changed.append(statement.split()[1])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        with fresh_rows():
            fulfil(session)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    order_of_locks = [table for table in changed if table in ("cohort", "person")]
    assert order_of_locks == sorted(order_of_locks)
    assert {"cohort", "person"} <= set(order_of_locks)


def test_a_seat_in_the_next_cohort_is_held_and_the_owner_is_told(app, shop, link, paid_late, mail):
    assert seats_taken() == {"Spring": 1, "Autumn": 1}
    assert shop.enrollments == []
    assert [letter.template for letter in mail.to(OWNER)] == ["enrollment/seat_was_gone"]
    assert "Spring was full" in page(app, link).text
    assert "Cohort: Spring" in mail.to(BUYER)[0].body  # The receipt is for what was paid for.
    for words in (page(app, link).text, mail.to(BUYER)[0].body):
        assert "even if Autumn costs more or less" in words
    assert "We hold a seat for you in Autumn" in shop.come_back(paid_late).text
    assert shop.books_balance


def test_the_name_of_a_cohort_is_no_markup_in_mails(shop, mail, request):
    with fresh_rows():
        db.session.execute(update(Cohort).where(Cohort.name == "Spring").values(name="R&D <b>x"))
        db.session.commit()
    request.getfixturevalue("paid_late")
    [to_buyer], [to_owner] = mail.to(BUYER), mail.to(OWNER)
    for letter in (to_buyer, to_owner):
        assert "R&D <b>x" in letter.body
        assert "R&D" not in letter.html
        assert "<b>x" not in letter.html


def test_who_takes_it_is_enrolled_once(app, shop, link, stripe, mail):
    db.session.rollback()
    answers = at_once(4, lambda _: app.test_client().post(f"{link}/acceptance").status_code)
    assert sorted(answers) == [303, 409, 409, 409]
    [place] = shop.enrollments
    assert (place.cohort_id, place.order_id) == (shop.orders[0].cohort_id, shop.orders[0].id)
    assert seats_taken() == {"Spring": 1, "Autumn": 1}
    assert [letter.template for letter in mail.to(BUYER)] == ["enrollment/next_cohort_offered", "enrollment/enrolled"]
    assert "You are enrolled in Autumn" in page(app, link).text
    assert refunded_amounts(stripe) == []
    assert shop.books_balance


@pytest.mark.parametrize("is_inquiry", [False, True])
def test_who_takes_it_by_a_disputed_payment_and_is_in_it_already_is_told_where_the_payment_is(
    app, shop, link, stripe, mail, is_inquiry
):
    [charge] = stripe.sandbox.store.all("charge")
    with fresh_rows():
        autumn = db.session.scalars(select(Cohort.id).filter_by(name="Autumn")).one()
    stripe.pay(shop.buy(cohort=str(autumn)))
    stripe.dispute(charge["id"], inquiry=is_inquiry)
    shop.hear()
    post(app, f"{link}/acceptance")
    [letter], [told] = mail.to(BUYER, "enrollment/paid_twice"), mail.to(OWNER, "enrollment/payment_returned")
    is_at_bank = not is_inquiry
    assert ("returning" in letter.subject, told.subject.startswith("A disputed")) == (not is_at_bank, is_at_bank)
    for words in (letter.body, letter.html):
        assert "a payment for another place there was made" in words
        assert ("You get back $1,200.00" in words, "bank has your payment" in words) == (not is_at_bank, is_at_bank)
    for words in (told.body, told.html):
        assert "is decided, and" not in words
        assert ("Stripe is being told to return it" in words) == (not is_at_bank)
        assert ("Please accept the dispute in Stripe" in words) == is_at_bank


def test_an_inquiry_that_was_closed_is_no_dispute_that_was_decided(shop, link, mail):
    with fresh_rows():
        order = Order.for_update(shop.orders[0].id)
        order.dispute_status = CLOSED_INQUIRY
        emails.next_cohort_offered(order)
        emails.seat_was_gone(order)
        db.session.commit()
    shop.work()
    for letter in (mail.to(BUYER)[-1], mail.to(OWNER, "enrollment/seat_was_gone")[-1]):
        assert not re.search("dispute|again", letter.subject + letter.body + letter.html)


def test_who_wants_the_payment_back_gets_all_of_it(app, shop, link, stripe, mail):
    assert post(app, f"{link}/refund").status_code == 303
    assert seats_taken() == {"Spring": 1, "Autumn": 0}
    shop.work()
    assert refunded_amounts(stripe) == [120000]
    shop.hear()
    assert shop.orders[0].state == "refunded"
    assert_told(
        mail, "As you chose, we are returning your payment", "chose to have your payment back rather than a seat in"
    )
    assert "chose the payment back rather than Autumn" in words_of(mail.to(OWNER, "enrollment/payment_returned"))
    assert mail.to(OWNER, "enrollment/payment_returned")[0].subject.endswith("is being returned: the buyer chose that")
    assert post(app, f"{link}/acceptance").status_code == 409
    assert "goes back to you" in page(app, link).text
    assert shop.books_balance


def test_who_does_not_choose_has_the_payment_back_after_a_week(shop, link, stripe, mail, later):
    later(days=6, hours=23)
    give_back_what_was_not_chosen()
    assert seats_taken()["Autumn"] == 1
    later(hours=2)
    give_back_what_was_not_chosen()
    give_back_what_was_not_chosen()
    shop.work()
    assert refunded_amounts(stripe) == [120000]
    assert_told(mail, "Your time to choose is over. We are returning your payment", "did not hear from you in time")
    assert "did not choose in time between Autumn" in words_of(mail.to(OWNER, "enrollment/payment_returned"))
    assert seats_taken()["Autumn"] == 0
    assert shop.books_balance


def test_a_payment_returned_in_stripe_ends_the_choice(app, shop, link, stripe, mail):
    refund(stripe)
    shop.hear()
    assert_told(mail, "We have returned your payment for Spring", "there is nothing left to choose")
    assert (shop.orders[0].state, seats_taken()["Autumn"]) == ("refunded", 0)
    assert post(app, f"{link}/acceptance").status_code == 409
    assert shop.enrollments == []


def test_the_next_cohort_that_is_full_is_passed_over(app, shop, stripe, later, course, mail):
    with fresh_rows():
        db.session.add(
            Cohort(course_id=course.id, name="Any day", time_zone="America/New_York", seats=None, seats_taken=0)
        )
        db.session.execute(update(Cohort).where(Cohort.name == "Autumn").values(seats=0))
        db.session.commit()
    session = shop.buy()
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=0)
    shop.hear()
    [order] = shop.orders
    with fresh_rows():
        assert db.session.get_one(Order, order.id).cohort.name == "Any day"


def test_who_pays_when_the_cohort_has_begun_is_offered_the_next_and_nobody_says_it_was_full(
    app, shop, stripe, later, mail, owner
):
    session = shop.buy()
    stripe.pay(session)
    give_up_the_order(shop, seats_of_the_cohort=3)
    later(days=101)
    shop.hear()
    assert seats_taken() == {"Spring": 0, "Autumn": 1}
    [order] = shop.orders
    assert order.has_to_choose
    [letter], [told] = mail.to(BUYER), mail.to(OWNER)
    assert letter.subject == "Spring had begun: a seat in Autumn, or your payment back"
    assert told.subject == "Paid, but Spring had begun: Ada Lovelace has to choose"
    [link] = re.findall(r"http://localhost:8000(/course/orders/\S+)", letter.body)
    pages = [page(app, link).text, shop.come_back(session).text, page_of(owner, f"/studio/orders/{order.id}")]
    assert post(app, f"{link}/refund").status_code == 303
    assert_told(mail, "As you chose, we are returning your payment", "Spring had begun, and")
    shop.work()
    for words in (*pages, *(text for each in [*mail.to(BUYER), *mail.to(OWNER)] for text in (each.body, each.html))):
        assert "had begun" in words
        assert not re.search("was full|[Nn]o seat|last seat", words)


def test_who_pays_by_debit_when_the_cohort_has_begun_is_offered_the_next_too(shop, stripe, mail):
    session = shop.buy()
    give_up_the_order(shop, seats_of_the_cohort=3)
    stripe.pay_by_debit(session, GOOD_ACCOUNT)
    with fresh_rows():
        db.session.get_one(Cohort, shop.cohort_id).starts_on = date.today() - timedelta(days=1)
        db.session.commit()
    shop.hear()
    assert seats_taken() == {"Spring": 0, "Autumn": 0}
    assert "Spring has begun meanwhile." in words_of(mail.to(BUYER, "enrollment/awaiting_payment"))
    stripe.settle(session)
    shop.hear()
    assert (seats_taken(), shop.orders[0].has_to_choose) == ({"Spring": 0, "Autumn": 1}, True)


@pytest.mark.parametrize("token", ["made-up", "a" * 32])
def test_a_link_that_is_not_ours_opens_nothing(app, shop, link, token):
    address = f"/course/orders/{token}"
    assert page(app, address).status_code == post(app, f"{address}/acceptance").status_code == 404
    assert post(app, f"{link[:-1]}/acceptance").status_code == 404
    assert shop.orders[0].choose_by > now() + timedelta(days=6)


def test_looking_at_the_link_changes_nothing(app, shop, link):
    for _ in range(3):
        assert page(app, link).status_code == 200
        assert page(app, f"{link}/acceptance").status_code in (404, 405)
    assert shop.orders[0].has_to_choose


def test_a_dispute_won_after_it_was_lost_lets_them_choose_again(app, shop, stripe, link, mail):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    assert (seats_taken(), post(app, f"{link}/acceptance").status_code) == ({"Spring": 1, "Autumn": 0}, 409)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert (seats_taken(), shop.enrollments, shop.books_balance) == ({"Spring": 1, "Autumn": 1}, [], True)
    assert len(mail.to(BUYER, "enrollment/next_cohort_offered")) == 2
    assert post(app, f"{link}/acceptance").status_code == 303
    assert len(shop.enrollments) == 1


def test_who_takes_the_seat_while_the_payment_is_disputed_is_told_that_it_is_on_hold(app, shop, stripe, mail, link):
    [charge] = stripe.sandbox.store.all("charge")
    stripe.dispute(charge["id"])
    shop.hear()
    assert post(app, f"{link}/acceptance").status_code == 303
    assert [letter.template for letter in mail.to(BUYER)][-2:] == ["enrollment/enrolled", "enrollment/place_disputed"]
    assert mail.to(BUYER)[-1].subject == "Your enrollment in Autumn is on hold"


def test_who_declines_while_the_payment_is_disputed_is_promised_nothing_that_the_bank_has(
    app, shop, stripe, mail, link, owner
):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])["id"]
    shop.hear()
    assert "Give me my payment back" not in page(app, link).text
    assert "we cannot give it back before" in page(app, link).text
    assert post(app, f"{link}/refund").status_code == 303
    shop.work()
    assert "Should it come back to us, we return it to you then" in page(app, link).text
    assert_told(mail, "As you chose, your seat is given up", "Should it come back to us, we return it to you then")
    [letter] = mail.to(OWNER, "enrollment/payment_returned")
    for words in (letter.body, letter.html):
        assert "nothing you need do" not in words
        assert "Please accept the dispute in Stripe" in words
    order = f"/studio/orders/{shop.orders[0].id}"
    assert "it goes back once the dispute is decided" in page_of(owner, order)
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    assert "has the payment, so there is nothing to give back" in page_of(owner, order)


@pytest.mark.parametrize("chosen", [True, False])
def test_the_owner_reads_of_no_payment_where_the_order_cost_nothing(app, shop, stripe, mail, later, chosen):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    give_up_the_order(shop, seats_of_the_cohort=0)
    shop.hear()
    if chosen:
        [letter] = mail.to(BUYER, "enrollment/next_cohort_offered")
        [address] = re.findall(r"http://localhost:8000(/course/orders/\S+)", letter.body)
        post(app, f"{address}/refund")
    else:
        later(days=8)
        give_back_what_was_not_chosen()
    shop.work()
    [letter] = mail.to(OWNER, "enrollment/payment_returned")
    why = "the buyer did not want Autumn." if chosen else "the buyer did not say in time whether they want Autumn."
    assert why in words_of([letter])
    assert "payment" not in letter.body
