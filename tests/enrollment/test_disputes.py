"""A dispute closes the classroom until it is decided: won opens it again, lost ends the place."""

from datetime import UTC, datetime

import pytest

from app.enrollment.orders import Order
from app.extensions import db
from app.local_times import in_words
from app.payments import stripe_gateway
from app.payments.fulfilment import fulfil
from app.payments.purchases import SETTLES
from app.payments.reconciling.reconciling import reconcile
from app.payments.refunds import Refund
from app.payments.tasks import sweep_payments
from app.stripe_sandbox.refunds import create_refund
from tests.enrollment.test_seats import BUYER, OWNER
from tests.payments.conftest import refund
from tests.races import fresh_rows


@pytest.fixture
def charge(shop, stripe) -> str:
    stripe.pay(shop.buy())
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    return charge["id"]


def letters(mail, address: str, template: str) -> list[str]:
    return [letter.subject for letter in mail.to(address, f"enrollment/{template}")]


def states(shop) -> tuple[str, bool, int, int]:
    """Of the order, whether it is disputed, its standing places, and the seats taken."""
    order = shop.order
    return order.state, order.is_disputed, len(shop.enrollments), shop.seats_taken


def test_a_dispute_puts_the_place_on_hold_and_keeps_the_seat(shop, stripe, mail, charge):
    stripe.dispute(charge)
    shop.hear(copies=2)
    assert states(shop) == ("disputed", True, 1, 1)
    assert letters(mail, BUYER, "place_disputed") == ["Your enrollment in Spring is on hold"]
    assert letters(mail, OWNER, "payment_disputed") == ["$1,200.00 is disputed"]
    assert shop.books_balance


def test_one_that_is_won_opens_it_again(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["The classroom is open to you again"]
    assert letters(mail, OWNER, "payment_disputed")[1:] == ["The dispute over $1,200.00 is won"]


def test_one_that_is_lost_ends_the_place_and_frees_the_seat(shop, stripe, mail, charge):
    dispute, session = stripe.dispute(charge), shop.order.stripe_session_id
    shop.hear()
    assert "The payment is disputed" in shop.come_back(session).text
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear(copies=2)
    assert "bank took the payment back" in shop.come_back(session).text
    assert states(shop) == ("dispute lost", False, 0, 0)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["Your enrollment in Spring has ended"]
    letter = mail.to(BUYER, "enrollment/place_disputed")[-1]
    assert all("because you were enrolled" in words for words in (letter.body, letter.html))
    assert shop.books_balance


def test_events_in_any_order_lead_to_the_same(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(*[event["id"] for event in reversed(stripe.events())], copies=2)
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, OWNER, "payment_disputed") == ["The dispute over $1,200.00 is won"]
    assert letters(mail, BUYER, "place_disputed") == []  # It was never closed to them.


def test_an_inquiry_takes_nothing_and_changes_nothing(shop, stripe, mail, charge):
    stripe.dispute(charge, inquiry=True)
    shop.hear()
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed") == []


def test_the_owner_hears_of_an_inquiry_and_until_when_to_answer(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge, inquiry=True)
    shop.hear(copies=2)
    [letter] = mail.to(OWNER, "enrollment/payment_disputed")
    due_at = datetime.fromtimestamp(dispute["evidence_details"]["due_by"], UTC)
    assert letter.subject == "The payer's bank asks about $1,200.00"
    assert all(f"/studio/orders/{shop.order.id}" in words for words in (letter.body, letter.html))
    assert f"Please answer it in Stripe by {in_words(due_at, 'America/New_York')}" in letter.body.replace("\n", " ")


def test_the_owner_hears_that_an_inquiry_was_closed(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge, inquiry=True)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "warning_closed")
    shop.hear(copies=2)
    [_, letter] = mail.to(OWNER, "enrollment/payment_disputed")
    assert letter.subject == "The inquiry about $1,200.00 is closed"
    assert "has closed its inquiry. It has taken nothing back" in letter.body
    assert (states(shop), letters(mail, BUYER, "place_disputed")) == (("paid", False, 1, 1), [])


def test_one_that_is_lost_in_part_is_like_a_refund_of_a_part(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge, amount=30000)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear(copies=2)
    assert states(shop) == ("paid", False, 1, 1)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["The classroom is open to you again"]
    assert letters(mail, OWNER, "payment_disputed") == ["$300.00 is disputed", "The dispute over $300.00 is lost"]
    with fresh_rows():
        assert Refund.left_of(shop.order) == 90000
        assert reconcile().left == 0


def test_the_rest_given_back_after_a_part_was_lost_ends_the_place_and_is_told_once(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge, amount=40000)["id"]
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    told = len(letters(mail, OWNER, "payment_disputed"))
    stripe.refund(charge, 80000)
    shop.hear(copies=2)
    assert (states(shop)[0], len(letters(mail, OWNER, "payment_disputed"))) == ("refunded", told)
    [letter] = mail.to(BUYER, "enrollment/refunded")
    assert "Total paid: $1,200.00\nReturned by your bank: -$400.00\nReturned now: -$800.00" in letter.body
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert letters(mail, OWNER, "payment_disputed")[told:] == ["The dispute over $400.00 is won"]
    assert "being returned now, too" in mail.to(OWNER, "enrollment/payment_disputed")[-1].body
    [rest] = mail.to(BUYER, "enrollment/partly_refunded")
    assert rest.subject == "Your refund of $400.00 is on its way"
    assert "Returned before: -$800.00\nReturned now: -$400.00" in rest.body
    for words in (rest.body, rest.html):
        assert ("iving you back $400.00 of what you paid" in words, "once more" in words) == (True, False)


def test_all_given_back_while_the_bank_had_a_part_follows_once_that_is_won_after_all(shop, stripe, charge):
    dispute = stripe.dispute(charge, amount=40000)["id"]
    stripe.decide_dispute(dispute, "lost")
    with fresh_rows():  # Nobody has heard of it yet.
        Refund.owe_part(Order.for_update(shop.order.id), 120000, "pressed")
        db.session.commit()
    shop.work()
    shop.hear()
    assert (shop.order.refunded_cents, len(shop.enrollments)) == (80000, 0)
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    shop.hear()
    assert states(shop) == ("refunded", False, 0, 0)
    assert shop.order.refunded_cents == 120000


def test_one_that_is_won_after_it_was_lost_reopens_the_place(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    assert states(shop) == ("dispute lost", False, 0, 0)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert (states(shop), shop.books_balance) == (("paid", False, 1, 1), True)
    assert letters(mail, BUYER, "place_disputed")[1:] == ["The classroom is open to you again"]


def test_one_that_is_won_when_they_have_bought_the_place_again_goes_back(shop, stripe, mail, charge):
    dispute = stripe.dispute(charge)
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    stripe.pay(shop.buy())
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert [order.state for order in shop.orders] == ["refunded", "paid"]
    assert (len(shop.enrollments), shop.seats_taken, shop.books_balance) == (1, 1, True)
    [_, told] = mail.to(OWNER, "enrollment/payment_disputed")
    assert "another place in Spring since" in told.body
    assert "open again" not in told.body
    assert len(letters(mail, BUYER, "paid_twice")) == 1


def test_one_that_the_payment_does_not_tell_of_is_heard_of_all_the_same(shop, stripe, charge):
    dispute = stripe.dispute(charge)
    stripe.sandbox.store.get("charge", charge)["disputed"] = False
    shop.hear()
    assert states(shop) == ("disputed", True, 1, 1)
    stripe.decide_dispute(dispute["id"], "lost")
    stripe.sandbox.store.objects["event"].clear()  # No event will tell.
    with fresh_rows():
        run = reconcile()
        assert (run.mended, [payment.stripe_state for payment in run.payments]) == (1, ["dispute lost"])
    assert states(shop) == ("dispute lost", False, 0, 0)


def test_a_loss_seen_before_it_was_won_does_not_end_the_place_again(shop, stripe, charge):
    dispute = stripe.dispute(charge)
    stripe.decide_dispute(dispute["id"], "lost")
    stale = stripe_gateway.retrieve_checkout(shop.order.stripe_session_id)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    note(shop, stale)
    assert states(shop) == ("paid", False, 1, 1)


def note(shop, stale) -> None:
    with fresh_rows():
        order = Order.for_update(shop.order.id)
        SETTLES[Order](order, stale)
        db.session.commit()


def test_a_dispute_that_no_event_told_the_end_of_is_looked_at_after_a_day(shop, stripe, later, charge):
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")  # And the event is lost.
    later(days=1, minutes=1)
    sweep_payments.call_local()
    assert states(shop) == ("paid", False, 1, 1)


def test_an_answer_from_before_the_end_does_not_open_it_again(app, shop, stripe, charge):
    """Stripe was asked while the dispute was open, and the answer comes to be noted when it is won."""
    dispute = stripe.dispute(charge)
    order = shop.order
    stale = stripe_gateway.retrieve_checkout(order.stripe_session_id)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    note(shop, stale)
    assert shop.order.look_at is not None
    assert states(shop) == ("paid", False, 1, 1)
    with fresh_rows():
        fulfil(order.stripe_session_id)
    assert shop.order.look_at is None


def test_a_dispute_after_a_refund_in_part(shop, stripe, charge):
    refund(stripe, amount=20000)
    stripe.dispute(charge)
    shop.hear()
    assert (shop.order.refunded_cents, states(shop)) == (20000, ("disputed", True, 1, 1))


def test_a_refund_that_fails_while_it_is_open_is_told_of_at_once(shop, stripe, mail, later, charge):
    made = refund(stripe, amount=20000)
    stripe.dispute(charge)
    shop.hear()
    stripe.settle_refund(made["id"], "failed")
    shop.hear()
    later(minutes=1)
    sweep_payments.call_local()
    assert (shop.order.refunded_cents, shop.order.state) == (0, "disputed")
    assert letters(mail, OWNER, "refund_failed") == ["A refund of $200.00 did not arrive"]


def test_the_mails_say_so_when_another_payment_keeps_the_classroom_open(shop, stripe, course, mail, charge):
    stripe.pay(shop.buy(cohort=str(course.cohorts[1].id)))
    shop.hear()
    dispute = stripe.dispute(charge)
    shop.hear()
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear()
    with stripe.sandbox.transaction():
        create_refund(stripe.sandbox, {"charge": charge})
    shop.hear()
    on_hold, won = mail.to(BUYER, "enrollment/place_disputed")
    [ended] = mail.to(BUYER, "enrollment/refunded")
    open_still = "The classroom stays open to you, as you are enrolled in Autumn."
    assert won.subject == "Your enrollment in Spring stands again"
    for letter in (on_hold, ended):
        for words in (letter.body, letter.html):
            assert open_still in " ".join(words.split())
            assert "closed to you" not in words


def test_no_mail_or_page_speaks_of_a_place_where_none_hangs_on_the_payment(app, shop, stripe, mail, charge):
    """Ada is enrolled, pays once more, and disputes that before it is returned to her."""
    stripe.pay(second := shop.buy())
    [other] = [each["id"] for each in stripe.sandbox.store.all("charge") if each["id"] != charge]
    dispute = stripe.dispute(other)["id"]
    shop.hear()
    assert "No place stands by it, and it was to be returned" in shop.come_back(second).text
    stripe.decide_dispute(dispute, "lost")
    shop.hear(copies=2)
    assert "no place stands by it any more" in shop.come_back(second).text
    assert (letters(mail, BUYER, "place_disputed"), len(shop.enrollments)) == ([], 1)
    opened, lost = mail.to(OWNER, "enrollment/payment_disputed")
    for words in (opened.body, opened.html, lost.body, lost.html):
        assert "It was to be returned to them" in " ".join(words.split())
        assert not any(wrong in words for wrong in ("closed", "on hold", "has ended", "lessons were opened"))
    assert "Please accept the dispute in Stripe" in opened.body
