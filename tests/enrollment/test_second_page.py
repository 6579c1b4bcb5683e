"""One order, two payment pages: Stripe made one, lost its answer, and made another when asked again."""

import pytest

from app.payments.reconciling.reconciling import reconcile
from app.payments.tasks import sweep_payments
from app.stripe_sandbox.cards import CLOSED_ACCOUNT
from tests.payments.conftest import refund
from tests.races import fresh_rows

BUYER, OWNER = "ada@example.org", "owner@doctor.example.org"


@pytest.fixture
def pages(shop, stripe) -> tuple[str, str]:
    """The page the site knows of, and the other one."""
    known = shop.buy()
    store = stripe.sandbox.store
    with stripe.sandbox.transaction():
        twin = dict(store.get("checkout.session", known)) | {"id": f"{known[:-4]}twin"}
        store.add(twin)
    return known, twin["id"]


def test_the_end_of_the_other_page_changes_nothing(shop, stripe, pages):
    known, other = pages
    stripe.expire(other)
    shop.hear()
    assert (shop.order.state, shop.seats_taken, shop.order.stripe_session_id) == ("pending", 1, known)
    stripe.pay(known)
    shop.hear()
    assert (len(shop.enrollments), shop.seats_taken) == (1, 1)


def test_a_payment_at_the_other_page_enrolls_and_its_refund_is_noticed(shop, stripe, pages):
    known, other = pages
    stripe.pay(other)
    stripe.expire(known)
    shop.hear()
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 1)
    refund(stripe)
    shop.hear()
    assert (shop.order.state, shop.enrollments, shop.seats_taken) == ("refunded", [], 0)


def test_of_payments_at_both_pages_one_is_given_back(shop, stripe, mail, pages):
    for page in pages:
        stripe.pay(page)
    shop.hear()
    shop.hear()
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 1)
    assert [made["amount"] for made in stripe.sandbox.store.all("refund")] == [120000]
    assert len(mail.to(BUYER, "enrollment/paid_twice")) == 1


def test_a_second_payment_that_was_returned_at_stripe_is_told_of_as_that(shop, stripe, mail, pages):
    known, other = pages
    stripe.pay(known)
    shop.hear()
    stripe.pay(other)
    stripe.refund(other)
    shop.hear(copies=2)
    [letter] = mail.to(OWNER, "enrollment/payment_returned")
    assert letter.subject.endswith("was returned at Stripe")
    assert "had been returned at Stripe before we heard" in " ".join(letter.body.split())
    assert "nothing" not in letter.subject + letter.body.partition("There is")[0]
    [letter] = mail.to(BUYER, "enrollment/paid_twice")
    assert "All of it has gone back to you already" in letter.body
    assert (shop.order.state, len(shop.enrollments), shop.books_balance) == ("paid", 1, True)


def test_a_second_payment_that_its_bank_took_back_is_returned_once_it_is_won_after_all(shop, stripe, later, pages):
    known, other = pages
    stripe.pay(known)
    shop.hear()
    stripe.pay(other)
    dispute = stripe.dispute(stripe.sandbox.store.get("checkout.session", other)["payment_intent"])["id"]
    shop.hear()
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    later(hours=5)
    sweep_payments.call_local()
    assert differences() == []
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    shop.hear()
    assert [made["amount"] for made in stripe.sandbox.store.all("refund")] == [120000]
    assert differences() == []


@pytest.mark.parametrize(("first", "told"), [("disputed", "Your place stays on hold"),
                                             ("refunded", "no place is yours by that order")])  # fmt: skip
def test_who_pays_for_the_second_time_reads_how_it_stands_with_the_first(shop, stripe, mail, pages, first, told):
    known, other = pages
    stripe.pay(known)
    shop.hear()
    [charge] = stripe.sandbox.store.all("charge")
    stripe.dispute(charge["id"]) if first == "disputed" else stripe.refund(known)
    shop.hear()
    stripe.pay(other)
    shop.hear()
    [letter], [to_owner] = mail.to(BUYER, "enrollment/paid_twice"), mail.to(OWNER, "enrollment/payment_returned")
    for words in (letter.body, letter.html):
        assert told in words
        assert "You get back $1,200.00" in words
    for words in (letter.body, letter.html, to_owner.body, to_owner.html):
        assert "already enrolled" not in words
        assert "stay enrolled" not in words


def differences() -> list[str]:
    with fresh_rows():
        return [payment.difference for payment in reconcile().payments if payment.difference]


def test_a_second_payment_that_was_not_asked_for_changes_nothing_that_stands(shop, stripe, mail, pages):
    known, other = pages
    stripe.pay(known)
    shop.hear()
    stripe.pay(other)
    stripe.sandbox.store.get("checkout.session", other)["currency"] = "eur"
    shop.hear(copies=2)
    [to_owner], [to_buyer] = mail.to(OWNER, "enrollment/payment_mismatch"), mail.to(BUYER, "enrollment/mismatch_noted")
    assert "nobody was enrolled" not in to_owner.body + to_owner.html
    assert "you are not enrolled" not in to_buyer.body + to_buyer.html
    assert (shop.order.state, len(shop.enrollments), shop.books_balance) == ("paid", 1, True)


def test_a_debit_ordered_at_the_other_page_is_waited_for(shop, stripe, pages, later):
    known, other = pages
    stripe.pay_by_debit(other, CLOSED_ACCOUNT)
    stripe.expire(known)
    shop.hear()
    assert (shop.order.state, shop.seats_taken) == ("awaiting payment", 1)
    stripe.settle(other)
    later(hours=2)
    sweep_payments.call_local()
    assert (shop.order.state, shop.seats_taken, shop.order.look_at) == ("failed", 0, None)


def test_a_debit_that_fails_at_the_other_page_leaves_the_first_open(shop, stripe, pages):
    known, other = pages
    stripe.pay_by_debit(other, CLOSED_ACCOUNT)
    stripe.settle(other)
    shop.hear()
    assert (shop.order.state, shop.seats_taken) == ("pending", 1)
    stripe.pay(known)
    shop.hear()
    assert len(shop.enrollments) == 1


def test_a_second_page_where_nothing_was_to_pay_is_no_news(shop, stripe, mail, pages):
    known, other = pages
    stripe.pay(known)
    shop.hear()
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(other, code="FREE")
    shop.hear(copies=2)
    assert (shop.order.state, len(shop.enrollments), shop.seats_taken) == ("paid", 1, 1)
    assert mail.to(BUYER, "enrollment/paid_twice") == []
