"""An order's page, and giving its money back from there."""

import re

import pytest

from app.enrollment.orders import Order
from app.extensions import db
from app.payments.reconciling.reconciling import reconcile
from app.payments.refunds import Refund, pay_back
from app.people import records
from app.stripe_sandbox.store import Object
from tests.enrollment.conftest import cohort, course, later, shop, stand_in, stripe
from tests.enrollment.test_seats import BUYER, OWNER, give_up_the_order
from tests.enrollment.test_second_page import pages
from tests.races import at_once, fresh_rows

__all__ = ["cohort", "course", "later", "pages", "shop", "stand_in", "stripe"]  # Fixtures of the course on sale.


@pytest.fixture
def paid(shop, stripe):
    stripe.pay(shop.buy())
    shop.hear()
    return shop.order.id


def page(owner, order_id: int):
    with fresh_rows():
        return owner.get(f"/studio/orders/{order_id}")


def typed(owner, order_id: int, amount: str) -> dict[str, str]:
    """What the page's form would send, with this amount."""
    hidden = dict(re.findall(r'name="(csrf_token|key|left)"[^>]* value="([^"]+)"', page(owner, order_id).text))
    return hidden | {"amount": amount}


def give_back(owner, order_id: int, amount: str):
    data = typed(owner, order_id, amount)
    with fresh_rows():
        return owner.post(f"/studio/orders/{order_id}/refund", data=data)


def refunds(stripe) -> list[Object]:
    return list(stripe.sandbox.store.all("refund"))


def test_an_order_that_is_being_paid_says_until_when_its_seats_are_held(owner, shop):
    shop.buy()
    assert "Held until" in page(owner, shop.order.id).text


def test_a_part_goes_back_and_the_place_stays(owner, shop, stripe, mail, paid):
    assert give_back(owner, paid, "200").status_code == 303
    shop.work()
    assert [refund["amount"] for refund in refunds(stripe)] == [20000]
    assert (shop.order.refunded_cents, shop.order.state, len(shop.enrollments)) == (20000, "paid", 1)
    assert [letter.subject for letter in mail.to(BUYER, "enrollment/partly_refunded")] == [
        "Your refund of $200.00 is on its way"
    ]
    shown = page(owner, paid).text
    assert "$1,000 is left of the payment" in shown
    assert 'value="1000"' in shown


def test_what_went_back_before_is_told_with_what_goes_back_now(owner, shop, stripe, mail, paid):
    for amount in ("200", "300", "700"):
        give_back(owner, paid, amount)
        shop.work()
        shop.hear()
    first, second = mail.to(BUYER, "enrollment/partly_refunded")
    [last] = mail.to(BUYER, "enrollment/refunded")
    assert "Total paid: $1,200.00\nReturned now: -$200.00\n" in first.body
    assert "Total paid: $1,200.00\nReturned before: -$200.00\nReturned now: -$300.00\n" in second.body
    assert "Total paid: $1,200.00\nReturned before: -$500.00\nReturned now: -$700.00\n" in last.body


def test_what_another_window_gave_back_meanwhile_is_said_before_more_goes_back(owner, shop, stripe, paid):
    here, there = typed(owner, paid, "200"), typed(owner, paid, "200")
    for data, status in ((there, 303), (there, 303), (here, 409)):
        with fresh_rows():
            answer = owner.post(f"/studio/orders/{paid}/refund", data=data)
        assert answer.status_code == status
    assert "it is $1,000.00 now" in answer.text
    again = dict(re.findall(r'name="(csrf_token|key|left|amount)"[^>]* value="([^"]+)"', answer.text))
    assert (again["key"], again["amount"]) == (here["key"], "200")
    with fresh_rows():
        assert owner.post(f"/studio/orders/{paid}/refund", data=again).status_code == 303
    shop.work()
    assert [refund["amount"] for refund in refunds(stripe)] == [20000, 20000]


@pytest.mark.parametrize(("there", "told"), [("1200", "it is $0.00 now."), ("200", "it is $1,000.00 now.")])
def test_more_than_another_window_left_is_not_asked_for_once_more(owner, paid, there, told):
    here, other = typed(owner, paid, "1200"), typed(owner, paid, there)
    for data, status in ((other, 303), (here, 409)):
        with fresh_rows():
            answer = owner.post(f"/studio/orders/{paid}/refund", data=data)
        assert answer.status_code == status
    assert told in answer.text
    assert "Send this once more" not in answer.text


def test_all_of_it_goes_back_and_ends_the_place(owner, shop, stripe, mail, paid):
    assert give_back(owner, paid, "1,200.00").status_code == 303
    shop.work()
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)
    assert len(mail.to(BUYER, "enrollment/refunded")) == 1
    assert "Give money back" not in page(owner, paid).text
    assert shop.books_balance


def test_parts_until_nothing_is_left_end_the_place(owner, shop, stripe, paid):
    for amount in ("700", "500"):
        assert give_back(owner, paid, amount).status_code == 303
        shop.work()
    assert sorted(refund["amount"] for refund in refunds(stripe)) == [50000, 70000]
    assert (shop.order.state, shop.enrollments) == ("refunded", [])


def test_what_a_business_of_the_payers_own_name_paid_is_said_once(owner, paid):
    with fresh_rows():
        db.session.get_one(Order, paid).billing = {"name": "Mercy Hospital", "business": "Mercy Hospital"}
        db.session.commit()
    assert page(owner, paid).text.count("Mercy Hospital") == 1


def test_the_refund_of_a_buyer_who_is_erased_promises_no_e_mail(owner, paid):
    assert "The buyer gets an e-mail" in page(owner, paid).text
    with fresh_rows():
        person = db.session.get_one(Order, paid).person
        assert "your seat in Spring, which stays taken" in " ".join(records.kept(person))
        records.erase(person)
        db.session.commit()
    assert "The buyer is erased and gets no e-mail" in page(owner, paid).text
    assert "The buyer gets an e-mail" not in page(owner, paid).text


def test_more_than_is_left_is_refused(owner, shop, stripe, paid):
    give_back(owner, paid, "1000")  # Stripe has not been told yet.
    answer = give_back(owner, paid, "201")
    assert answer.status_code == 409
    assert "Only $200.00 is left to give back." in answer.text
    shop.work()
    assert [refund["amount"] for refund in refunds(stripe)] == [100000]


def test_the_last_part_is_told_as_what_goes_back_now(owner, shop, stripe, mail, paid):
    for amount in ("200", "1000"):
        give_back(owner, paid, amount)
        shop.work()
    [letter] = mail.to(BUYER, "enrollment/refunded")
    assert "The remaining $1,000.00 of what you paid for Spring is on its way back" in letter.body


def end(owner, order_id: int) -> int:
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page(owner, order_id).text)[1]
    with fresh_rows():
        return owner.post(f"/studio/orders/{order_id}/ending", data={"csrf_token": token}).status_code


def test_an_order_that_cost_nothing_is_ended_and_its_buyer_told_so(owner, shop, stripe, mail):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    shop.hear()
    order_id = shop.order.id
    assert "End the enrollment" in page(owner, order_id).text
    assert [end(owner, order_id), end(owner, order_id)] == [303, 303]
    shop.work()
    assert (shop.order.state, shop.enrollments, shop.seats_taken, shop.books_balance) == ("ended", [], 0, True)
    [letter] = mail.to(BUYER, "enrollment/free_order_ended")
    assert (letter.subject, "nothing goes back" in letter.body) == ("Your enrollment in Spring has ended", True)
    assert "End the enrollment" not in page(owner, order_id).text


def test_who_is_in_another_cohort_hears_that_the_classroom_stays_open(owner, shop, stripe, mail, course):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    stripe.pay(shop.buy(cohort=str(course.cohorts[1].id)))
    shop.hear()
    end(owner, shop.orders[0].id)
    shop.work()
    [letter] = mail.to(BUYER, "enrollment/free_order_ended")
    for words in (letter.body, letter.html):
        assert "The classroom stays open to you, as you are enrolled in Autumn." in " ".join(words.split())
        assert "closed to you" not in words


def test_who_had_yet_to_choose_a_cohort_hears_that_nothing_is_held_any_more(owner, shop, stripe, mail):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    give_up_the_order(shop, seats_of_the_cohort=0)
    shop.hear()
    text = page(owner, shop.order.id).text + shop.come_back(shop.order.stripe_session_id).text
    told = mail.to(BUYER, "enrollment/next_cohort_offered") + mail.to(OWNER, "enrollment/seat_was_gone")
    for words in [text, *(words for letter in told for words in (letter.subject, letter.body, letter.html))]:
        assert not any(
            wrong in words for wrong in ("ayment back", "A payment", "Paid, but", "price you paid", "closes")
        )
    assert end(owner, shop.order.id) == 303
    shop.work()
    [letter] = mail.to(BUYER, "enrollment/free_order_ended")
    assert letter.subject == "Nothing is held for you in Autumn any more"
    assert "nothing left to choose" in letter.body
    assert "enrollment" not in letter.body
    assert (shop.order.state, shop.books_balance) == ("ended", True)


def test_an_order_that_was_paid_is_not_ended_without_giving_back(owner, shop, paid):
    end(owner, paid)
    assert (shop.order.state, len(shop.enrollments)) == ("paid", 1)


def test_a_second_order_that_cost_nothing_gives_nothing_back_and_says_so(owner, shop, stripe, mail, paid):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    shop.hear()
    assert ([order.state for order in shop.orders], shop.seats_taken) == (["paid", "ended"], 1)
    [letter] = mail.to(OWNER, "enrollment/payment_returned")
    assert letter.subject.endswith("is over, and nothing was paid: the buyer is enrolled already")
    assert mail.to(BUYER, "enrollment/paid_twice") == []
    assert not any("$0.00 goes" in letter.body or "back $0.00" in letter.body for letter in mail.all)


def test_an_amount_that_makes_no_sense_gives_nothing_back(owner, shop, stripe, paid):
    for amount in ("", "0", "-5", "ten", "1e3", "1.234", "99999999999", "12,00"):
        assert give_back(owner, paid, amount).status_code == 422, amount
    shop.work()
    assert refunds(stripe) == []


def test_the_button_pressed_many_times_at_once_gives_back_once(owner, shop, stripe, paid):
    data = typed(owner, paid, "300")
    db.session.rollback()
    assert set(at_once(5, lambda _: owner.post(f"/studio/orders/{paid}/refund", data=data).status_code)) == {303}
    shop.work()
    assert [refund["amount"] for refund in refunds(stripe)] == [30000]


def test_a_part_that_stripe_refuses_stands_on_the_page(owner, shop, stripe, paid):
    stripe.fail_calls(400, path="/v1/refunds")
    give_back(owner, paid, "300")
    shop.work()
    assert "Stripe refused" in page(owner, paid).text
    assert shop.order.refunded_cents == 0


def test_a_part_that_stripe_cannot_take_now_is_sent_later_and_once(owner, shop, stripe, later, paid):
    stripe.fail_calls(503, path="/v1/refunds", times=9)
    give_back(owner, paid, "300")
    shop.work()
    assert "tried again by itself" in page(owner, paid).text
    stripe.sandbox.faults.clear()
    later(minutes=2)
    with fresh_rows():
        [refund] = Refund.all_of(shop.order)
        pay_back(refund.id)
        pay_back(refund.id)
    assert [refund["amount"] for refund in refunds(stripe)] == [30000]


def test_the_owner_hears_of_a_refund_that_did_not_arrive(owner, shop, stripe, mail, paid):
    give_back(owner, paid, "300")
    shop.work()
    [refund] = refunds(stripe)
    stripe.settle_refund(refund["id"], "failed")
    shop.hear()
    shop.hear()
    assert shop.order.refunded_cents == 0
    assert len(mail.to(OWNER, "enrollment/refund_failed")) == 1


@pytest.mark.parametrize("outcome", ["open", "lost"])
def test_what_the_payers_bank_has_cannot_be_given_back(owner, shop, stripe, paid, outcome):
    data = typed(owner, paid, "1200")
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    if outcome == "lost":
        stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    with fresh_rows():
        answer = owner.post(f"/studio/orders/{paid}/refund", data=data)
    words = "nothing can be given back" if outcome == "open" else "nothing to give back"
    assert (answer.status_code, words in answer.text, words in page(owner, paid).text) == (409, True, True)
    with fresh_rows():
        assert Refund.all_of(shop.order) == []


@pytest.mark.parametrize("number", ["999", "2147483647", "2147483648", "99999999999999999999"])
def test_no_order_has_no_page(owner, number):
    assert owner.get(f"/studio/orders/{number}").status_code == 404


def test_an_open_dispute_waits_for_the_owner(owner, shop, stripe, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    shop.hear()
    words = f"Order {shop.order.number} is disputed"
    for path in ("enrollments", f"orders/{shop.order.id}"):
        with fresh_rows():
            assert "On hold" in owner.get(f"/studio/{path}").text
    with fresh_rows():
        assert words in owner.get("/studio/").text
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    with fresh_rows():
        assert words not in owner.get("/studio/").text


def test_a_full_refund_that_did_not_arrive_can_be_given_back_once_more(owner, shop, stripe, mail, paid):
    give_back(owner, paid, "1200")
    shop.work()
    [refund] = refunds(stripe)
    stripe.settle_refund(refund["id"], "failed")
    shop.hear()
    shown = page(owner, paid).text
    assert "did not all arrive: $1,200 is with Stripe again" in shown
    assert ("Nobody is enrolled by this order any more" in shown, "ends the enrollment" in shown) == (True, False)
    came_back = shop.come_back(shop.order.stripe_session_id).text
    assert ("Your refund did not arrive" in came_back, "returned in full" in came_back) == (True, False)
    assert "The payer&#39;s bank did not take it." in shown
    assert give_back(owner, paid, "1200").status_code == 303
    shop.work()
    assert sorted(refund["status"] for refund in refunds(stripe)) == ["failed", "succeeded"]
    assert (shop.order.refunded_cents, shop.order.state, shop.enrollments) == (120000, "refunded", [])
    assert "Give money back" not in page(owner, paid).text
    assert "returned in full" in shop.come_back(shop.order.stripe_session_id).text
    [letter] = mail.to(BUYER, "enrollment/partly_refunded")
    assert letter.subject == "Your refund of $1,200.00 is on its way once more, as the first did not arrive"
    for words in (letter.body, letter.html):
        assert "what we gave back before did not all arrive" in " ".join(words.lower().split())
        assert not any(wrong in words for wrong in ("You stay enrolled", "of what you paid"))


def test_a_second_payment_that_did_not_arrive_is_told_of_and_listed_until_it_is_sent_again(
    owner, shop, stripe, mail, pages
):
    for each in pages:
        stripe.pay(each)
    shop.hear()
    shop.hear()
    [made] = stripe.sandbox.store.all("refund")
    stripe.settle_refund(made["id"], "failed")
    shop.hear(copies=2)
    assert [letter.subject for letter in mail.to(OWNER, "enrollment/refund_failed")] == [
        "A refund of $1,200.00 did not arrive"
    ]
    assert left_over() == [
        "A second payment was sent back and did not arrive. Send it again, or return it in another way."
    ]
    assert (shop.order.state, len(shop.enrollments)) == ("paid", 1)
    form = re.search(r'action="([^"]+/resending)">.*?value="([^"]+)"', page(owner, shop.order.id).text)
    with fresh_rows():
        assert owner.post(form[1], data={"csrf_token": form[2]}).status_code == 303
    shop.work()
    assert [again["status"] for again in stripe.sandbox.store.all("refund")] == ["succeeded", "failed"]
    assert left_over() == []


def left_over() -> list[str]:
    with fresh_rows():
        return [payment.difference for payment in reconcile().payments if payment.difference]
