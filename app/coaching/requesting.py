"""Taking a request: what is kept of it, who is written to, and what follows, all in the caller's transaction."""

from app import followups
from app.coaching import emails
from app.coaching.lost_links import LinkMailing
from app.coaching.models import Consultation, TooManyOpen, Wish
from app.coaching.offer import CoachingOffer
from app.coaching.wording import ARRANGING
from app.followups.models import REQUESTED
from app.limits import mailbox_of
from app.newsletter.allowance import Allowance
from app.newsletter.emails import confirm_subscription
from app.newsletter.models import Subscription
from app.newsletter.sign_ups import SignUp
from app.people.models import Consent, Person

# The newsletter keeps a name of this length at most.
LONGEST_FIRST_NAME = 80


def take_request(address: str, wish: Wish, offer: CoachingOffer, *, wants_newsletter: bool, page: str) -> None:
    """Take what was asked for on `page` in the name of a normalized address, unless it was asked a moment ago.

    Says nothing of what it did: whoever types an address must not learn whether it is known here. The mail tells.
    """
    if wants_newsletter:
        _ask_for_newsletter(address, wish.name, page)
    person = Person.at(address)
    try:
        consultation = Consultation.request(person, wish)
    except TooManyOpen:
        if LinkMailing.claim("full", mailbox_of(person.email)):
            emails.requests_full(person, Consultation.open_of(person))
        return
    if consultation:
        _answer(consultation, offer, page)


def _answer(consultation: Consultation, offer: CoachingOffer, page: str) -> None:
    person = consultation.person
    Consent.record(person, "coaching", "requested", wording=ARRANGING, page=page)
    emails.consultation_requested(consultation, offer)
    emails.new_request(consultation, offer)
    followups.happened(REQUESTED, person, consultation.occasion, manage_url=emails.manage_url(consultation))


def _ask_for_newsletter(address: str, name: str, page: str) -> None:
    """Begin the newsletter's own double opt-in: a tick beside an address proves nothing yet."""
    Person.at_for_update(address)
    if not Allowance.take(address):
        return
    subscription = Subscription.at(address)
    if not subscription.is_active:
        first_name = name if len(name) <= LONGEST_FIRST_NAME else ""
        confirm_subscription(SignUp.keep(subscription, first_name=first_name, topics=[], page=page))
