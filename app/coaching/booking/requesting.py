"""Taking what is asked for: what is kept of it, who is written to, and what follows, in the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app import followups
from app.clock import now
from app.coaching import emails
from app.coaching.booking.reserved import ReservedTime
from app.coaching.booking.taking import take
from app.coaching.intake import Asked
from app.coaching.models import Consultation
from app.coaching.wording import ARRANGING
from app.followups.models import REQUESTED
from app.limits import mailbox_of
from app.newsletter.allowance import Allowance
from app.newsletter.emails import confirm_subscription
from app.newsletter.models import Subscription
from app.newsletter.sign_ups import SignUp
from app.people.link_mailings import LinkMailing
from app.people.models import Consent, Person

# How long the coach has to choose among offered times.
HELD_FOR = timedelta(hours=48)
# More from one mailbox in a day, those called off again counted too, fill it with mails about them.
MOST_A_DAY = 6
# The newsletter keeps a name of this length at most.
LONGEST_FIRST_NAME = 80


def asked_just_now(asked: Asked) -> Consultation | None:
    """What somebody asked for a moment ago, if it is the very same: seen without a lock."""
    person = Person.with_email(asked.address)
    return Consultation.asked_just_now(person, asked.intake, asked.times) if person else None


def book(asked: Asked) -> Consultation | None:
    """Take the one free time; what they booked a moment ago, if it is the same.

    None when the address has as many requests as anybody may have: then a mail tells, not the page.
    Raises SlotTaken or NotOffered; then the caller rolls back.
    """
    person = person_who_asks(asked)
    if known := Consultation.asked_just_now(person, asked.intake, asked.times):
        return known
    if consultation := begin(person, asked):
        _settle(consultation, take(asked.intake.kind, asked.times.starts[0], asked.coach_id), asked.page)
    return consultation


def book_reserved(reserved: ReservedTime, person: Person, asked: Asked) -> Consultation:
    """Book what is reserved for `person`; both are locked. Raises TooManyOpen; then the caller rolls back."""
    if asked.wants_newsletter:
        _ask_for_newsletter(asked)
    consultation = Consultation.begin(person, asked.intake, asked.times)
    _settle(consultation, reserved, asked.page)
    return consultation


def _settle(consultation: Consultation, reserved: ReservedTime, page: str) -> None:
    consultation.settle(reserved)
    emails.consultation_booked(consultation)
    emails.new_booking(consultation)
    _follow(consultation, page)


def request_times(asked: Asked) -> Consultation | None:
    """Hold the times for the coach to choose from; None when the address has as many requests as anybody may have.

    Raises SlotTaken or NotOffered; then the caller rolls back.
    """
    person = person_who_asks(asked)
    if known := Consultation.asked_just_now(person, asked.intake, asked.times):
        return known
    consultation = begin(person, asked)
    if not consultation:
        return None
    consultation.coach_id = asked.coach_id
    hold(consultation, asked.times.starts, asked.coach_id)
    emails.consultation_requested(consultation)
    emails.new_request(consultation)
    _follow(consultation, asked.page)
    return consultation


def hold(consultation: Consultation, starts: Iterable[datetime], coach_id: int | None = None) -> None:
    """Hold free times for a consultation until the coach has chosen, or HELD_FOR is over, or the first has come.

    Raises SlotTaken or NotOffered.
    """
    if not (starts := sorted(starts)):
        return
    until = min(now() + HELD_FOR, starts[0])
    held: list[ReservedTime] = []
    for starts_at in starts:
        held.append(take(consultation.kind, starts_at, coach_id, held_until=until, beside=held))
    consultation.hold(held, until)


def begin(person: Person, asked: Asked) -> Consultation | None:
    """Whoever types an address must not learn what is known of it: that it has too many requests, a mail tells."""
    is_full = Consultation.is_full_for(person)
    counted_as = Person.counted_as(person.email)
    if not is_full and LinkMailing.claim("begun", counted_as, most=MOST_A_DAY, every=timedelta()):
        return Consultation.begin(person, asked.intake, asked.times)
    if LinkMailing.claim("full", mailbox_of(person.email)):
        emails.requests_full(person, Consultation.open_of(person), is_full=is_full)
    return None


def person_who_asks(asked: Asked) -> Person:
    """The person, locked until commit."""
    if asked.wants_newsletter:
        _ask_for_newsletter(asked)
    return person_at(asked.address)


def person_at(address: str) -> Person:
    """The person of a normalized address, made if it is new, locked until commit."""
    while True:
        Person.at(address)
        if person := Person.at_for_update(address):  # Else somebody had them erased just now.
            return person


def _follow(consultation: Consultation, page: str) -> None:
    person = consultation.person
    Consent.record(person, "coaching", "requested", wording=ARRANGING, page=page)
    followups.happened(REQUESTED, person, consultation.occasion, manage_url=emails.manage_url(consultation))


def _ask_for_newsletter(asked: Asked) -> None:
    """Begin the newsletter's own double opt-in: a tick beside an address proves nothing yet."""
    Person.at_for_update(asked.address)
    if not Allowance.take(asked.address):
        return
    subscription = Subscription.at(asked.address)
    if not subscription.is_active:
        name = asked.intake.name
        first_name = name if len(name) <= LONGEST_FIRST_NAME else ""
        confirm_subscription(SignUp.keep(subscription, first_name=first_name, topics=[], page=asked.page))
