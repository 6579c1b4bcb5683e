"""Of a payment, a part has gone back, or is with the payer's bank, while its buyer has to choose a cohort."""

from app.enrollment.papers.models import Paper
from app.enrollment.papers.standing import Standing
from app.payments.tasks import sweep_payments
from tests.enrollment.department.conftest import department
from tests.enrollment.next_cohort.test_choosing import link, page, paid_late, post, words_of
from tests.enrollment.next_cohort.test_moving import ada, move, place_of, signed_in
from tests.enrollment.next_cohort.test_won_back import choice, dispute, sell_the_seat, to_owner, win
from tests.enrollment.test_seats import BUYER, OWNER, refunded_amounts
from tests.payments.conftest import refund
from tests.races import fresh_rows

__all__ = ["ada", "department", "dispute", "link", "paid_late"]  # Fixtures.


def dispute_part(shop, stripe, cents: int = 40000) -> str:
    """Of the payment that was made first."""
    opened = list(stripe.sandbox.store.all("charge"))[-1]
    made = stripe.dispute(opened["id"], amount=cents)["id"]
    shop.hear()
    return made


def test_nothing_is_promised_back_while_the_bank_has_a_part(app, shop, link, stripe, mail, later):
    """Stripe gives nothing back of a payment that is disputed: https://support.stripe.com/questions/refund-a-customer."""
    disputed = dispute_part(shop, stripe)
    assert "goes back to you" not in page(app, link).text
    post(app, f"{link}/refund")
    shop.work()
    assert refunded_amounts(stripe) == []
    assert "You get back" not in words_of(mail.to(BUYER, "enrollment/seat_gone"))
    stripe.decide_dispute(disputed, "lost")
    shop.hear()
    later(minutes=2)
    sweep_payments.call_local()
    assert refunded_amounts(stripe) == [80000]


def test_won_while_they_have_to_choose_leaves_the_choice(shop, link, stripe, mail):
    win(shop, stripe, dispute_part(shop, stripe, 120000))
    assert "stays held until they have chosen" in to_owner(mail)


def test_what_could_not_go_back_goes_as_soon_as_it_is_won(app, shop, link, stripe, later):
    disputed = dispute_part(shop, stripe, 120000)
    post(app, f"{link}/refund")
    shop.work()
    for hours in (1, 3):
        later(hours=hours)
        sweep_payments.call_local()
    assert refunded_amounts(stripe) == []
    win(shop, stripe, disputed)
    assert refunded_amounts(stripe) == [120000]


def test_all_at_the_bank_is_not_promised_back(app, shop, link, stripe):
    dispute_part(shop, stripe, 120000)
    shown = page(app, f"/course/checkout/complete?session_id={shop.orders[0].stripe_session_id}").text
    assert "or to leave it" in shown
    assert "have your payment back" not in shown
    post(app, f"{link}/acceptance")
    assert "stays closed to you until the payer" in page(app, link).text


def test_what_went_back_before_is_said_with_the_cohort_that_was_paid_for(app, shop, stripe, mail, dispute):
    sell_the_seat(shop)
    win(shop, stripe, dispute)
    refund(stripe, amount=5000)
    shop.hear()
    assert "Cohort: Spring" in words_of(mail.to(BUYER, "enrollment/partly_refunded"))
    post(app, f"{choice(mail)}/acceptance")
    letter = mail.to(BUYER, "enrollment/enrolled")[-1]
    assert "Total paid: $1,200.00 Returned: -$50.00" in " ".join(letter.body.split())


def test_the_page_of_a_department_counts_what_its_bank_kept(department, shop, stripe):
    stripe.decide_dispute(dispute_part(shop, stripe), "lost")
    shop.hear()
    assert "of which $400 went back" in department.get().text


def test_a_receipt_says_what_went_back_also_while_the_rest_is_disputed(shop, stripe):
    stripe.pay(shop.buy())
    shop.hear()
    refund(stripe, amount=5000)
    shop.hear()
    dispute_part(shop, stripe)
    with fresh_rows():
        [receipt] = Paper.of_order(shop.order)
        words = Standing.of(receipt).refund
    assert "$50.00 of $1,200.00 has been paid back" in words
    assert "is looking into a dispute" in words


def test_who_moved_and_bought_there_is_told_where_they_are(ada, shop, stripe, mail):
    move(ada, place_of())
    first = dispute_part(shop, stripe, 120000)
    stripe.pay(shop.buy(cohort=str(place_of().cohort_id)))
    shop.hear()
    stripe.decide_dispute(first, "won")
    shop.hear(copies=2)
    [letter], [told] = mail.to(BUYER, "enrollment/paid_twice"), mail.to(OWNER, "enrollment/payment_returned")
    for words in (letter.body, letter.html, told.body, told.html):
        assert "enrolled in Autumn" in " ".join(words.split())


def test_the_closed_classroom_says_what_is_held_for_who_has_to_choose(app, link):
    with fresh_rows():
        text = signed_in(app, BUYER).get("/learn/").text
    assert "A seat is held for you in Autumn until" in text
    post(app, f"{link}/refund")
    with fresh_rows():
        text = signed_in(app, BUYER).get("/learn/").text
    assert "held for you" not in text
