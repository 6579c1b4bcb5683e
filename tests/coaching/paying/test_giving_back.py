"""Money that goes back: for a time that is gone, for a second payment, for what was called off."""

import re
from datetime import timedelta

import pytest

from app.coaching.answering import call_off
from app.coaching.availability.models import BusyTime, Coach
from app.coaching.booking.moving import move
from app.coaching.completing import complete
from app.coaching.models import Consultation
from app.coaching.paying.checkout import page_wanted
from app.coaching.paying.models import ConsultationPayment
from app.extensions import db
from app.payments.fulfilment import fulfil
from app.payments.stripe_gateway import open_checkout
from app.payments.tasks import sweep_payments
from tests.coaching.paying.conftest import PRICE
from tests.coaching.private_link import private_link
from tests.payments.conftest import refund
from tests.races import fresh_rows
from tests.studio.conftest import signed_in

ADA, GRACE = "ada@example.org", "grace@example.org"
OWNER = "owner@doctor.example.org"


@pytest.fixture
def paid(desk, stripe, mail) -> str:
    """The private link of a consultation that is booked and paid for."""
    stripe.pay(desk.go_to_pay())
    desk.hear()
    return private_link(mail.to(ADA)[0])


def left_open(desk, stripe, later, **ahead) -> str:
    """A page that Stripe did not close in time, when what it was for is free again; nothing tells of it."""
    session = desk.go_to_pay()
    stripe.sandbox.store.get("checkout.session", session)["expires_at"] += 10 * 86400
    later(**ahead or {"minutes": 40})
    return session


def test_paid_too_late_takes_the_time_again_if_it_is_free(desk, stripe, mail, later):
    session = left_open(desk, stripe, later)
    assert desk.is_free
    stripe.pay(session)
    desk.hear()
    assert (desk.states, desk.booked, desk.owed) == (["booked"], [desk.starts_at], [])
    assert [letter.template for letter in mail.to(ADA)] == ["coaching/consultation_booked"]


def test_paid_after_the_page_had_expired_for_us_takes_the_time_again(desk, stripe, mail):
    session = desk.go_to_pay()
    with fresh_rows():
        db.session.scalars(db.select(ConsultationPayment)).one().expire()
        db.session.commit()
    assert (desk.is_free, desk.states) == (True, ["not paid"])
    stripe.pay(session)
    desk.hear()
    assert (desk.states, desk.booked) == (["booked"], [desk.starts_at])


def test_paid_when_somebody_else_has_the_time_goes_back_in_full_and_says_what_is_free(desk, stripe, mail, later):
    session = left_open(desk, stripe, later)
    stripe.pay(desk.go_to_pay(email=GRACE))
    desk.hear()
    stripe.pay(session)
    desk.hear()
    desk.hear()
    assert "Your payment goes back to you" in desk.come_back(session).text
    desk.come_back(session)
    sweep_payments.call_local()
    assert sorted(desk.states) == ["booked", "not paid"]
    assert (desk.owed, desk.given_back) == (["time gone"], PRICE)
    [letter] = mail.to(ADA)
    assert letter.template == "coaching/time_gone"
    assert "$150.00" in letter.body
    assert letter.body.count(" CST") > 3  # The time that is gone, and some that are free.
    assert "/coaching/book?kind=deep-dive" in letter.body
    assert len(mail.to(OWNER, "coaching/payment_sent_back")) == 1
    assert desk.books_balance


def test_paid_when_it_would_have_begun_goes_back(desk, stripe, mail, later):
    session = left_open(desk, stripe, later, days=4)
    stripe.pay(session)
    desk.hear()
    assert (desk.booked, desk.owed, desk.given_back) == ([], ["time gone"], PRICE)


def test_paid_when_the_coach_is_busy_by_now_goes_back(desk, stripe, later):
    session = left_open(desk, stripe, later)
    with fresh_rows():
        coach_id, end = db.session.scalars(db.select(Coach.id)).one(), desk.starts_at + timedelta(minutes=30)
        db.session.add(BusyTime(coach_id=coach_id, starts_at=desk.starts_at, ends_at=end))
        db.session.commit()
    stripe.pay(session)
    desk.hear()
    assert (desk.booked, desk.owed, desk.given_back) == ([], ["time gone"], PRICE)


def test_paid_when_the_coach_has_stopped_goes_back(desk, stripe, mail, later):
    session = left_open(desk, stripe, later)
    with fresh_rows():
        db.session.scalars(db.select(Coach)).one().is_active = False
        db.session.commit()
    stripe.pay(session)
    desk.hear()
    assert (desk.booked, desk.owed) == ([], ["time gone"])


def test_paid_at_two_pages_counts_once_and_the_second_goes_back(desk, stripe, mail, later):
    first = left_open(desk, stripe, later)
    second = desk.go_to_pay()
    assert first != second
    stripe.pay(second)
    desk.hear()
    stripe.pay(first)
    desk.hear()
    assert (desk.owed, desk.given_back) == (["time gone"], PRICE)
    assert (len(desk.booked), desk.books_balance) == (1, True)


def test_a_second_page_of_one_payment_gives_the_money_back_again_if_it_did_not_arrive(app, desk, stripe, mail):
    first = desk.go_to_pay()
    with fresh_rows():  # As when Stripe's first answer was lost for good.
        payment = db.session.scalars(db.select(ConsultationPayment)).one()
        second = open_checkout(page_wanted(payment)._replace(idempotency_key="another")).session_id
    stripe.pay(second)
    stripe.pay(first)
    desk.hear()
    assert (desk.states, desk.owed, desk.given_back) == (["booked"], ["paid twice"], PRICE)
    assert len(mail.to(ADA, "coaching/paid_twice")) == 1
    assert desk.payment.state == "paid"
    assert did_not_arrive(desk, stripe, mail) == "A refund of $150.00 did not arrive"
    send_again(app, desk)
    assert (desk.states, desk.payment.state, desk.given_back) == (["booked"], "paid", PRICE)


def did_not_arrive(desk, stripe, mail) -> str:
    """The payer's bank does not take what was given back; what the owner is told of it, once."""
    [made] = stripe.sandbox.store.all("refund")
    stripe.settle_refund(made["id"], "failed")
    desk.hear(copies=2)
    assert desk.given_back == 0
    [letter] = mail.to(OWNER, "coaching/refund_failed")
    assert f"/studio/consultations/{desk.consultations[0].id}" in letter.body
    return letter.subject


def send_again(app, desk) -> None:
    """From where the letter leads to."""
    owner, path = signed_in(app, OWNER, owner=True), f"/studio/consultations/{desk.consultations[0].id}"
    action, token = re.search(r'action="([^"]+/resending)">.*?value="([^"]+)"', owner.get(path).text).groups()
    with fresh_rows():
        assert owner.post(action, data={"csrf_token": token}).location == path
    desk.work()
    assert "/resending" not in owner.get(path).text


def test_cancelled_by_the_person_all_of_it_goes_back(desk, stripe, mail, paid):
    assert desk.post(f"{paid}/cancellation").status_code == 303
    desk.work()
    desk.hear()
    assert (desk.states, desk.owed, desk.given_back, desk.is_free) == (["cancelled"], ["called off"], PRICE, True)
    assert desk.payment.state == "refunded"
    [letter] = mail.to(ADA, "coaching/consultation_cancelled")
    for told in ("$150.00", "You get back all of it"):
        assert told in letter.body
        assert told in letter.html
    assert len(mail.to(ADA)) == 2  # Booked and cancelled: Stripe's word of the refund is no news.
    desk.post(f"{paid}/cancellation")
    assert desk.given_back == PRICE


def test_what_went_back_for_what_was_cancelled_and_did_not_arrive_is_sent_again(app, desk, stripe, mail, paid):
    desk.post(f"{paid}/cancellation")
    desk.work()
    desk.hear()
    assert did_not_arrive(desk, stripe, mail) == "A refund of $150.00 did not arrive"
    send_again(app, desk)
    desk.hear()
    assert (desk.payment.refunded_cents, desk.given_back, len(mail.to(ADA))) == (PRICE, PRICE, 2)


def test_called_off_by_the_coach_all_of_it_goes_back(desk, stripe, mail, paid):
    with fresh_rows():
        call_off(db.session.scalars(db.select(Consultation)).one(), "A clinic day")
        db.session.commit()
    desk.work()
    assert (desk.owed, desk.given_back) == (["called off"], PRICE)
    assert "You get back all of it" in mail.to(ADA, "coaching/consultation_called_off")[0].body
    assert "they have been told why." in mail.to(OWNER, "coaching/booking_called_off")[0].body


def test_moving_keeps_the_payment(desk, stripe, paid):
    with fresh_rows():
        consultation = db.session.scalars(db.select(Consultation)).one()
        move(consultation, desk.starts_at.replace(hour=20))
        db.session.commit()
    assert (desk.states, desk.owed, desk.payment.state, desk.is_free) == (["booked"], [], "paid", True)


def test_a_refund_at_stripe_calls_off_what_is_ahead(desk, stripe, mail, paid):
    refund(stripe)
    desk.hear()
    assert (desk.states, desk.payment.state, desk.is_free, desk.owed) == (["cancelled"], "refunded", True, [])
    assert [letter.template for letter in mail.to(ADA)][1:] == ["coaching/consultation_called_off"]


def test_a_part_of_it_back_changes_nothing_else(desk, stripe, mail, paid):
    refund(stripe, amount=5000)
    desk.hear(copies=2)
    assert (desk.states, desk.payment.refunded_cents) == (["booked"], 5000)
    [told] = mail.to(ADA)[1:]
    assert (told.template, told.subject) == ("coaching/partly_refunded", "Your refund of $50.00 is on its way")
    assert ("gives you back $50.00" in told.body, "before" in told.body) == (True, False)
    refund(stripe, amount=2000)
    desk.hear()
    told = mail.to(ADA)[-1]
    assert "Returned before: $50.00\nReturned now: $20.00\n" in told.body
    assert ("Returned before" in told.html, "$50.00" in told.html) == (True, True)


def test_what_went_back_at_stripe_did_not_arrive_and_goes_back_again_is_told_so(desk, stripe, mail, paid):
    [charge] = stripe.sandbox.store.all("charge")
    stripe.decide_dispute(stripe.dispute(charge["id"])["id"], "won")  # That was before, and is no reason.
    desk.hear()
    made = refund(stripe)
    desk.hear()
    stripe.settle_refund(made["id"], "failed")
    desk.hear()
    sweep_payments.call_local()
    refund(stripe)
    desk.hear(copies=2)
    [letter] = mail.to(ADA, "coaching/partly_refunded")
    assert letter.subject == "Your refund of $150.00 is on its way once more, as the first did not arrive"
    for words in (letter.body, letter.html):
        assert "hat your coach gave back before did not all arrive" in words
        assert "of what you paid" not in words


def test_what_the_bank_had_and_gave_up_goes_back_for_the_first_time(desk, stripe, mail, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"], amount=5000)["id"]
    stripe.decide_dispute(dispute, "lost")
    desk.hear()
    refund(stripe, amount=10000)
    desk.hear()
    stripe.decide_dispute(dispute, "won")
    desk.hear()
    refund(stripe, amount=5000)
    desk.hear(copies=2)
    [letter] = mail.to(ADA, "coaching/partly_refunded")
    assert letter.subject == "Your refund of $50.00 is on its way"
    for words in (letter.body, letter.html):
        assert ("of what you paid" in words, "once more" in words) == (True, False)


def told_of_the_rest(mail, template) -> None:
    """A mail to the person, which says what goes back now, and no more."""
    [letter] = mail.to(ADA, template)
    for told in (" ".join(letter.body.split()), " ".join(letter.html.split())):
        assert "You get back the remaining $100.00, the way you paid." in told
        assert "all of it" not in told.lower()


def test_what_goes_back_after_a_part_is_the_rest(app, desk, stripe, mail, paid):
    refund(stripe, amount=5000)
    desk.hear()
    stripe.fail_calls(503, path="/v1/refunds", method="POST", times=9)
    desk.post(f"{paid}/cancellation")
    told_of_the_rest(mail, "coaching/consultation_cancelled")
    assert "Goes back: $100.00" in mail.to(OWNER, "coaching/request_cancelled")[0].body
    shown = desk.get(paid).text
    assert shown.count("You get back the remaining $100.00, the way you paid.") == 2
    assert "all of it" not in shown.lower()
    seen = signed_in(app, OWNER, owner=True).get(f"/studio/consultations/{desk.consultations[0].id}").text
    assert ("$100 is on its way back" in seen, "all of it" in seen.lower()) == (True, False)
    stripe.sandbox.faults.clear()
    desk.work()


def test_the_rest_that_goes_back_at_stripe_is_told_as_the_rest(desk, stripe, mail, paid):
    for cents in (5000, 10000):
        refund(stripe, amount=cents)
        desk.hear()
    told_of_the_rest(mail, "coaching/consultation_called_off")
    assert "Returned before: $50.00\n" in mail.to(ADA, "coaching/consultation_called_off")[0].body
    [to_owner] = mail.to(OWNER, "coaching/booking_called_off")
    assert to_owner.subject.startswith("Cancelled by a refund: ")
    assert "You cancelled" not in to_owner.body + to_owner.html
    assert ("Goes back: $100.00" in to_owner.body, "they have been told." in to_owner.body) == (True, True)
    assert "All of it has gone back to you" in desk.get(paid).text


def test_what_the_payers_bank_has_is_not_promised(desk, stripe, mail, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    desk.hear()
    desk.post(f"{paid}/cancellation")
    [letter] = mail.to(ADA, "coaching/consultation_cancelled")
    assert "It is with your bank until the dispute is decided" in " ".join(letter.body.split())
    assert "Goes back" not in mail.to(OWNER, "coaching/request_cancelled")[0].body
    stripe.decide_dispute(dispute["id"], "lost")
    desk.hear()
    assert "Your bank has given it back to you." in desk.get(paid).text


def test_what_the_payers_bank_had_goes_back_once_it_is_won_after_all(desk, stripe, mail, later, paid):
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])["id"]
    desk.hear()
    desk.post(f"{paid}/cancellation")
    stripe.decide_dispute(dispute, "lost")
    desk.hear()
    later(hours=5)
    sweep_payments.call_local()
    assert desk.given_back == 0
    stripe.decide_dispute(dispute, "won")
    desk.hear()
    desk.hear()
    assert desk.given_back == PRICE
    lost, won = mail.to(OWNER, "coaching/payment_disputed")[1:]
    assert "had been called off before" in lost.body and "had been called off before" in lost.html
    assert "is being returned now" in won.body and "is being returned now" in won.html


def test_what_has_gone_back_before_is_not_said_to_be_returned_once_more(desk, stripe, mail, paid):
    [charge] = stripe.sandbox.store.all("charge")
    inquiry = stripe.dispute(charge["id"], inquiry=True)["id"]
    desk.post(f"{paid}/cancellation")
    desk.work()
    desk.hear()
    with stripe.sandbox.transaction():  # The bank went on all the same, and it came to nothing.
        stripe.sandbox.store.get("dispute", inquiry)["status"] = "won"
    session_id = desk.payment.stripe_session_id
    with fresh_rows():
        fulfil(session_id)
    told = mail.to(OWNER, "coaching/payment_disputed")[-1]
    assert "is won" in told.body
    assert "returned now" not in told.body + told.html
    desk.work()
    assert desk.given_back == PRICE


def test_a_refund_at_stripe_after_it_took_place_is_told_of(desk, stripe, mail, later, paid):
    later(days=4)
    with fresh_rows():
        complete(db.session.scalars(db.select(Consultation)).one())
        db.session.commit()
    refund(stripe)
    desk.hear()
    assert desk.states == ["completed"]
    assert mail.to(ADA)[-1].template == "coaching/payment_returned"


def test_a_refund_waits_for_stripe_and_is_made_once(desk, stripe, later, paid):
    stripe.fail_calls(503, path="/v1/refunds", method="POST", times=3)
    desk.post(f"{paid}/cancellation")
    desk.work()
    assert desk.given_back == 0
    later(minutes=3)
    sweep_payments.call_local()
    sweep_payments.call_local()
    assert desk.given_back == PRICE
