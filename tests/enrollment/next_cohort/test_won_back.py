"""A dispute that was lost, which ended the place, and is decided otherwise when the seat may be somebody else's."""

import re
from datetime import date, timedelta

import pytest

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.papers.models import Paper
from app.enrollment.papers.standing import Standing
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db
from app.payments.fulfilment import fulfil
from app.payments.reconciling.reconciling import reconcile
from app.payments.refunds import Refund
from app.payments.tasks import sweep_payments
from app.people import records
from app.people.models import Person
from tests.enrollment.conftest import a_cohort
from tests.enrollment.next_cohort.test_choosing import page, post, seats_taken, words_of
from tests.enrollment.next_cohort.test_moving import ada, change_cohort, move, place_of
from tests.enrollment.test_seats import BUYER, OWNER, refunded_amounts
from tests.payments.conftest import refund
from tests.races import fresh_rows

__all__ = ["ada"]  # A fixture.


@pytest.fixture
def dispute(shop, stripe) -> str:
    """Of Ada's payment for a seat in Spring; it is lost."""
    stripe.pay(shop.buy())
    shop.hear()
    return lose(shop, stripe)


def lose(shop, stripe) -> str:
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    return dispute["id"]


def win(shop, stripe, dispute: str) -> None:
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)


def lose_only(shop, stripe, dispute: str, cents: int) -> None:
    """The bank keeps a part of what was disputed, in the end."""
    with stripe.sandbox.transaction():
        stripe.sandbox.store.get("dispute", dispute)["amount"] = cents
    session_id = shop.orders[0].stripe_session_id
    with fresh_rows():
        fulfil(session_id)


def sell_the_seat(shop) -> None:
    change_cohort("Spring", seats=1)
    shop.buy(email="grace@example.org")


def to_owner(mail) -> str:
    return words_of(mail.to(OWNER, "enrollment/payment_disputed")[-1:])


def choice(mail) -> str:
    letter = mail.to(BUYER, "enrollment/next_cohort_offered")[-1]
    return re.findall(r"http://localhost:8000(/course/orders/\S+)", letter.body)[0]


def test_who_takes_the_next_cohort_has_their_one_place_there(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    assert (seats_taken(), shop.enrollments) == ({"Spring": 1, "Autumn": 1}, [])
    [letter] = mail.to(BUYER, "enrollment/next_cohort_offered")
    assert letter.subject == "Your payment for Spring is with us again: a seat in Autumn, or your payment back"
    assert "has been decided, so the payment is with us again; but no seat is left for you there" in words_of([letter])
    assert "had ended before, and the seat is somebody else's now" in to_owner(mail)
    assert "no seat of Spring is left for it. The buyer has been offered Autumn" in words_of(
        mail.to(OWNER, "enrollment/seat_was_gone")
    )
    assert post(app, f"{choice(mail)}/acceptance").status_code == 303
    [place] = shop.enrollments
    assert (place.order_id, place.cohort_id) == (shop.orders[0].id, shop.orders[0].cohort_id)
    with fresh_rows():
        [receipt] = Paper.of_order(shop.orders[0])
        assert ("to Autumn" in Standing.of(receipt).place, receipt.facts["cohort"]) == (True, "Spring")
    assert (seats_taken(), shop.books_balance) == ({"Spring": 1, "Autumn": 1}, True)


def test_who_wants_the_payment_has_it_back(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    assert post(app, f"{choice(mail)}/refund").status_code == 303
    shop.work()
    shop.hear()
    assert (refunded_amounts(stripe), shop.orders[0].state) == ([120000], "refunded")
    assert (seats_taken(), shop.enrollments, shop.books_balance) == ({"Spring": 1, "Autumn": 0}, [], True)


def test_without_a_later_cohort_the_payment_goes_back(shop, stripe, mail, dispute):
    sell_the_seat(shop)
    change_cohort("Autumn", seats=0)
    win(shop, stripe, dispute)
    assert refunded_amounts(stripe) == [120000]
    assert "no seat is left for you there" in words_of(mail.to(BUYER, "enrollment/seat_gone"))
    assert "no seat of Spring is left for it" in words_of(mail.to(OWNER, "enrollment/payment_returned"))


def test_one_lost_and_won_while_they_have_to_choose_asks_them_again(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    again = lose(shop, stripe)
    assert (seats_taken(), post(app, f"{choice(mail)}/acceptance").status_code) == ({"Spring": 1, "Autumn": 0}, 409)
    assert "Nothing is held for them in Autumn any more" in to_owner(mail)
    win(shop, stripe, again)
    assert (seats_taken(), shop.enrollments) == ({"Spring": 1, "Autumn": 1}, [])
    assert post(app, f"{choice(mail)}/acceptance").status_code == 303
    assert (len(shop.enrollments), shop.books_balance) == (1, True)
    win(shop, stripe, lose(shop, stripe))  # What they have chosen is not asked again.
    assert (len(shop.enrollments), seats_taken(), shop.books_balance) == (1, {"Spring": 1, "Autumn": 1}, True)


def test_a_moved_place_whose_seat_is_gone_is_offered_what_follows_there(ada, app, shop, stripe, mail):
    move(ada, place_of())
    dispute = lose(shop, stripe)
    change_cohort("Autumn", seats=0)
    with fresh_rows():
        course = db.session.get_one(Cohort, shop.cohort_id).course
        course.cohorts += [a_cohort("Summer", 200), Cohort(name="Any day", time_zone="UTC")]
        db.session.commit()
    win(shop, stripe, dispute)
    assert "payment for Autumn is with us" in mail.to(BUYER, "enrollment/next_cohort_offered")[0].subject
    assert seats_taken() == {"Spring": 0, "Summer": 0, "Autumn": 0, "Any day": 1}
    post(app, f"{choice(mail)}/acceptance")
    assert (place_of().cohort_id, shop.books_balance) == (shop.order.cohort_id, True)


def test_who_was_erased_gets_no_place_and_the_owner_hears_of_it(shop, stripe, mail, dispute):
    with fresh_rows():
        records.erase(Person.at(BUYER))
        db.session.commit()
    win(shop, stripe, dispute)
    assert (shop.enrollments, seats_taken(), refunded_amounts(stripe)) == ([], {"Spring": 0, "Autumn": 0}, [])
    assert "nobody is enrolled and the seat stays free" in to_owner(mail)
    assert mail.to(BUYER, "enrollment/place_disputed")[1:] == []
    with fresh_rows():
        assert (Refund.left_of(shop.order), reconcile().left, shop.books_balance) == (120000, 0, True)


def test_one_that_is_lost_for_a_part_only_reopens_the_place(shop, stripe, mail, dispute):
    lose_only(shop, stripe, dispute, 30000)
    assert (shop.order.state, len(shop.enrollments), seats_taken()["Spring"]) == ("paid", 1, 1)
    assert mail.to(BUYER, "enrollment/place_disputed")[-1].subject == "The classroom is open to you again"
    assert "keeps $300.00. The rest is yours. Their place stands again." in to_owner(mail)
    assert shop.books_balance


def test_one_that_is_lost_for_a_part_only_when_the_seat_is_gone_offers_what_is_left(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    lose_only(shop, stripe, dispute, 30000)
    assert "open again" not in to_owner(mail)
    words = words_of(mail.to(BUYER, "enrollment/next_cohort_offered"))
    assert "$900.00, what is left of your payment, goes back the way you paid" in words
    assert "If you do nothing until then, $900 goes back to you" in page(app, choice(mail)).text
    post(app, f"{choice(mail)}/refund")
    assert "You get back $900.00" in words_of(mail.to(BUYER, "enrollment/seat_gone"))


def test_what_was_held_for_them_in_a_cohort_that_has_begun_since_is_not_offered_again(shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    again = lose(shop, stripe)
    for name, days in (("Spring", 60), ("Autumn", 1)):
        change_cohort(name, starts_on=date.today() - timedelta(days=days))
    win(shop, stripe, again)
    assert len(mail.to(BUYER, "enrollment/next_cohort_offered")) == 1
    assert "your payment for Spring has been decided" in words_of(mail.to(BUYER, "enrollment/seat_gone"))
    assert (refunded_amounts(stripe), seats_taken()["Autumn"], shop.books_balance) == ([120000], 0, True)


def test_a_seat_that_the_waiting_list_holds_for_them_is_theirs(shop, stripe, mail, dispute):
    with fresh_rows():
        held = {"offered_at": now(), "offer_until": now() + timedelta(days=1), "holds_seat": True}
        db.session.add(
            WaitlistEntry(person=Person.at(BUYER), cohort_id=shop.cohort_id, name="Ada", confirmed_at=now(), **held)
        )
        db.session.commit()
    change_cohort("Spring", seats=1, seats_taken=1)
    assert shop.books_balance
    win(shop, stripe, dispute)
    assert (len(shop.enrollments), seats_taken(), shop.books_balance) == (1, {"Spring": 1, "Autumn": 0}, True)


def test_who_had_to_choose_is_not_promised_a_payment_that_the_bank_has(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    lose(shop, stripe)
    text = page(app, choice(mail)).text
    assert "goes back to you" not in text
    assert "bank has taken the payment back" in text


def test_a_part_that_goes_back_while_they_have_to_choose_counts_in_what_is_said(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    refund(stripe, amount=20000)
    shop.hear()
    assert "stay enrolled" not in words_of(mail.to(BUYER, "enrollment/partly_refunded"))
    text = page(app, choice(mail)).text
    assert "$1,200, of which $1,000 is left" in text
    assert "$1,000 goes back to you by itself" in text


@pytest.fixture
def part(shop, stripe) -> str:
    """A dispute over $400 of Ada's payment; it is lost."""
    stripe.pay(shop.buy())
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"], amount=40000)["id"]
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    return str(dispute)


@pytest.mark.parametrize("by_us", [False, True])
def test_what_the_bank_had_kept_goes_back_after_all_else_once_it_is_won(shop, stripe, mail, part, by_us):
    if by_us:
        with fresh_rows():
            Refund.owe_part(shop.order, 80000, "pressed once")
            db.session.commit()
        shop.work()
    else:
        refund(stripe, amount=80000)
    shop.hear()
    assert (shop.order.state, shop.order.left_cents, shop.enrollments) == ("refunded", 0, [])
    win(shop, stripe, part)
    assert sorted(refunded_amounts(stripe)) == [40000, 80000]
    assert "this is being returned now, too" in to_owner(mail)
    assert "$400" in mail.to(BUYER, "enrollment/partly_refunded")[-1].subject
    with fresh_rows():
        assert (shop.order.left_cents, reconcile().left, shop.books_balance) == (0, 0, True)


def test_a_part_that_was_lost_and_is_won_changes_nothing_for_the_place(shop, stripe, mail, part):
    told = len(mail.to(BUYER))
    win(shop, stripe, part)
    assert "Nothing changes for their place." in to_owner(mail)
    assert (len(mail.to(BUYER)), len(shop.enrollments)) == (told, 1)


def test_what_did_not_arrive_is_not_sent_by_itself_once_another_dispute_is_won(shop, stripe, later):
    stripe.pay(shop.buy())
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    win(shop, stripe, stripe.dispute(charge["id"], amount=40000)["id"])
    stripe.refund(charge["id"], 80000)
    made = stripe.refund(charge["id"], 40000)
    shop.hear()
    later(minutes=5)
    stripe.settle_refund(made["id"], "failed")
    shop.hear()
    later(hours=1)
    sweep_payments.call_local()
    another = stripe.dispute(charge["id"], amount=40000)["id"]
    shop.hear()
    win(shop, stripe, another)
    assert sorted(refunded_amounts(stripe)) == [40000, 80000]


def test_what_did_not_arrive_and_was_disputed_since_is_not_sent_by_itself_once_won(shop, stripe, mail, later):
    stripe.pay(shop.buy())
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    made = stripe.refund(charge["id"], 120000)
    shop.hear()
    stripe.settle_refund(made["id"], "failed")
    shop.hear()
    later(hours=1)
    sweep_payments.call_local()
    assert (shop.order.state, shop.order.left_cents) == ("refunded", 120000)
    dispute = stripe.dispute(charge["id"])["id"]
    shop.hear()
    win(shop, stripe, dispute)
    assert "No place hangs on it any more" in to_owner(mail)
    assert [refund["status"] for refund in stripe.sandbox.store.all("refund")] == ["failed"]
