"""Booking what has a price: its time is held and all of it committed, then Stripe is asked for the page to pay at."""

from flask import url_for

from app.clock import in_zone, now
from app.coaching.booking.requesting import begin, person_who_asks
from app.coaching.booking.taking import take
from app.coaching.intake import Asked
from app.coaching.models import Consultation
from app.coaching.paying.models import ConsultationPayment
from app.coaching.paying.wording import payment_terms
from app.coaching.wording import ARRANGING
from app.local_times import abbreviation, clock_time, in_words
from app.payments.opening import open_page
from app.payments.pages import PageWanted, Product
from app.payments.purchases import HOLD, LEAST_HOLD
from app.people.models import Consent, Person
from app.urls import absolute_url

# The bank answers a card at once; other ways to pay would take longer than the time is held.
METHODS = ["card"]


def start(asked: Asked) -> str | None:
    """Where to pay for the one free time: the same page again while it is open. Commits.

    Where to see it, if they booked the very same a moment ago; None when the address has as many requests as anybody
    may have, and a mail tells: these are the caller's to commit. Raises SlotTaken or NotOffered; GatewayUnavailable
    (the time is free again; the same can be asked again later) or GatewayRefused.
    """
    person = person_who_asks(asked)
    known = Consultation.asked_just_now(person, asked.intake, asked.times)
    if known and not known.is_unpaid:
        return url_for("coaching.show_consultation", token=known.browser_token)
    payment = _take_up(person, asked) or _begin(person, asked)
    return open_page(payment, page_wanted(payment)) if payment else None


def _take_up(person: Person, asked: Asked) -> ConsultationPayment | None:
    """What waits to be paid by `person`, locked, with its time held, if it can still be paid. Raises SlotTaken."""
    waiting = ConsultationPayment.waiting_for(person, asked.intake, asked.times.starts[0])
    if waiting is None:
        return None
    payment = ConsultationPayment.for_update(waiting.id)
    if payment.checkout_url and not payment.can_be_paid:
        payment.expire()
    if payment.state != "pending":
        return None
    if not payment.checkout_url and payment.expires_at < now() + LEAST_HOLD:
        payment.renew()
    payment.hold()
    return payment


def _begin(person: Person, asked: Asked) -> ConsultationPayment | None:
    """A consultation of `person`, locked, whose time is held until it is paid for."""
    consultation = begin(person, asked)
    if consultation is None:
        return None
    until = (now() + HOLD).replace(microsecond=0)
    consultation.is_unpaid = True
    reserved = take(asked.intake.kind, asked.times.starts[0], asked.coach_id, held_until=until)
    consultation.coach = reserved.coach  # Their time is what is paid for.
    consultation.hold([reserved], until)
    Consent.record(person, "coaching", "requested", wording=ARRANGING, page=asked.page)
    payment = ConsultationPayment.of(consultation)
    payment.expires_at = until  # The page closes as the hold ends.
    return payment


def page_wanted(payment: ConsultationPayment) -> PageWanted:
    kind, consultation = payment.kind, payment.consultation
    assert consultation  # noqa: S101 - Its time is held.
    coach = f" with {consultation.coach.name}" if consultation.coach else ""
    when = in_words(payment.starts_at, consultation.time_zone)
    ends = in_zone(payment.expires_at, consultation.time_zone)
    until = f"{clock_time(ends)} {abbreviation(ends)}"
    return PageWanted.of(
        payment,
        Product("consultation", kind.slug, kind.title, kind.description or f"{kind.duration_minutes} minutes"),
        email=payment.person.email,
        what=f"{kind.title}{coach}, {payment.starts_at:%Y-%m-%d %H:%M} UTC",
        note=f"{when}{coach}. Held for you until {until}. {payment_terms()}",
        methods=METHODS,
        paid_url=absolute_url("coaching.complete_checkout"),
        left_url=absolute_url("coaching.show_left_checkout", payment=payment.public_id),
    )
