from app import outbox
from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.offers import SlotOffer
from app.urls import absolute_url


def waiting_asked(entry: WaitingEntry) -> None:
    """To an address that is not proven yet: the link that is to be used first. No text of whoever typed it."""
    outbox.post(to=entry.person, template="coaching/waiting_asked", entry=entry, url=entry_url(entry))


def slot_offered(offer: SlotOffer) -> None:
    """What is held for them, until when, and the links to answer and to leave."""
    outbox.post(
        to=offer.entry.person,
        template="coaching/slot_offered",
        offer=offer,
        entry=offer.entry,
        offer_url=absolute_url("coaching.show_slot_offer", token=offer.link_token),
        entry_url=entry_url(offer.entry),
    )


def waiting_paused(entry: WaitingEntry) -> None:
    """That they are written to no more for now, and how to change that."""
    outbox.post(to=entry.person, template="coaching/waiting_paused", entry=entry, url=entry_url(entry))


def entry_url(entry: WaitingEntry) -> str:
    """The private link to a place in line: to be mailed to its person and shown to nobody else."""
    return absolute_url("coaching.show_waiting_entry", token=entry.link_token)
