"""Taking what is offered, in the caller's transaction."""

from app.coaching.booking.requesting import book_reserved
from app.coaching.intake import Intake
from app.coaching.models import Consultation
from app.coaching.waiting.offers import SlotOffer


def take_offer(offer: SlotOffer, intake: Intake, *, wants_newsletter: bool = False, page: str) -> Consultation:
    """Book what is held for somebody, who has shown by its mailed link that the address is theirs.

    Lock the person first. Raises OfferOver or TooManyOpen; then the caller rolls back.
    """
    person = offer.entry.person
    consultation = book_reserved(offer.claim(), person, intake, wants_newsletter=wants_newsletter, page=page)
    offer.take()
    person.take_name(intake.name)
    person.was_here()
    return consultation
