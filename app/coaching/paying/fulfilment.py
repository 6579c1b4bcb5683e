"""What follows from a payment for a consultation.

`settle` brings a payment in line with what Stripe says at that moment, and writes to people only about what is new.
"""

import logging

from app import followups
from app.clock import now
from app.coaching import emails as about
from app.coaching.answering import call_off
from app.coaching.booking.reserved import SlotTaken
from app.coaching.models import Consultation
from app.coaching.paying import emails
from app.coaching.paying.models import ConsultationPayment
from app.followups.models import REQUESTED
from app.payments import stripe_gateway
from app.payments.checkouts import Checkout
from app.payments.purchases import SETTLES
from app.payments.refunds import Refund

log = logging.getLogger(__name__)


def settle(payment: ConsultationPayment, checkout: Checkout) -> None:
    """Bring `payment`, locked, in line with `checkout`."""
    is_ours = payment.agrees_with(checkout) and checkout.livemode == stripe_gateway.is_live()
    if checkout.status == "complete" and not is_ours:
        return _report_mismatch(payment, checkout)
    if checkout.is_paid:
        return _settle_paid(payment, checkout)
    # A second try may have opened a second page: what was not paid at the other one says nothing of the payment.
    if checkout.session_id != payment.stripe_session_id:
        return None
    if checkout.status == "expired":
        payment.stop_looking()
        payment.expire()
    elif payment.look_at and payment.look_at <= now():
        payment.look_again()
    return None


def _report_mismatch(payment: ConsultationPayment, checkout: Checkout) -> None:
    news = payment.note_mismatch(checkout)
    if news == "returned":
        emails.payment_returned(payment, checkout.amount_cents)
    elif news:
        log.error("payment %s: Stripe has %s %s, we have %s %s", payment.number, checkout.amount_cents,
                  checkout.currency, payment.amount_cents, payment.currency)  # fmt: skip
        emails.payment_mismatch(payment, checkout)
        emails.mismatch_noted(payment)


def _settle_paid(payment: ConsultationPayment, checkout: Checkout) -> None:
    if payment.paid_at and checkout.payment_intent_id != payment.stripe_payment_intent_id:
        return _give_back_second(payment, checkout)
    if not payment.paid_at:
        payment.take_payment(checkout)
        if checkout.refunded_cents < payment.paid_cents:
            _book(payment, checkout)
    _settle_refund(payment, checkout)
    news = payment.note_dispute(checkout.dispute)
    is_ours = payment.is_won_back and payment.left_cents > 0
    goes_back = is_ours and Refund.resume(payment)
    if news:
        emails.payment_disputed(payment, news, goes_back)
    return None


def _give_back_second(payment: ConsultationPayment, checkout: Checkout) -> None:
    """A payment that was made at another page for what is paid already; it may come back from there, too."""
    if Refund.note_return(checkout):
        return emails.refund_failed(payment, checkout.left_cents)
    Refund.resume_second(checkout)
    return _give_back(payment, checkout, "paid twice")


def _book(payment: ConsultationPayment, checkout: Checkout) -> None:
    try:
        payment.hold()
    except SlotTaken:
        payment.release()
        return _give_back(payment, checkout, "time gone")
    return _tell_of(payment.book())


def _tell_of(consultation: Consultation) -> None:
    about.consultation_booked(consultation)
    about.new_booking(consultation)
    person, link = consultation.person, about.manage_url(consultation)
    followups.happened(REQUESTED, person, consultation.occasion, manage_url=link)


def _give_back(payment: ConsultationPayment, checkout: Checkout, reason: str) -> None:
    """Owe the person what is left of what was paid just now, and say so."""
    if checkout.left_cents > 0 and Refund.owe(payment, checkout.payment_intent_id, reason):
        tell = emails.time_gone if reason == "time gone" else emails.paid_twice
        tell(payment, checkout.left_cents)
        emails.payment_sent_back(payment, checkout.left_cents, reason)


def _settle_refund(payment: ConsultationPayment, checkout: Checkout) -> None:
    before = payment.refunded_cents
    is_all_of_it = payment.note_refund(checkout.refunded_cents, checkout.asked_at)
    if payment.refunded_cents < before:
        Refund.note_return(checkout)
        return emails.refund_failed(payment, before - payment.refunded_cents)
    cents = payment.refunded_cents - before
    if cents == 0 or Refund.of(payment.stripe_payment_intent_id):
        return None  # Nothing new, or ours: then they know.
    if not is_all_of_it:
        return emails.partly_refunded(payment, cents)
    if payment.booked_at and payment.consultation and payment.consultation.may_be_changed:
        call_off(payment.consultation, "", cents)  # The owner has given it back in Stripe while it was ahead.
    else:
        emails.payment_returned(payment, cents)
    return None


SETTLES[ConsultationPayment] = settle
