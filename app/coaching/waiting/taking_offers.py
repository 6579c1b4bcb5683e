"""Taking what is offered, in the caller's transaction."""

from app.coaching.booking.requesting import book_reserved
from app.coaching.intake import Asked
from app.coaching.models import Consultation
from app.coaching.waiting.offers import SlotOffer


def take_offer(offer: SlotOffer, asked: Asked) -> Consultation:
    """Book what is held for somebody, who has shown by its mailed link that the address is theirs.

    Lock the person first. Raises OfferOver or TooManyOpen; then the caller rolls back.
    """
    person = offer.entry.person
    consultation = book_reserved(offer.claim(), person, asked)
    offer.take()
    person.take_name(asked.intake.name)
    person.was_here()
    return consultation
