"""Openings offered to those in line: each to one at a time, to whoever has waited longest of those it suits."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.coaching.booking.reserved import SlotTaken
from app.coaching.booking.taking import NotOffered, take
from app.coaching.waiting import emails
from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.offers import SlotOffer
from app.coaching.waiting.openings import Opening, Openings
from app.coaching.waiting.wishes import WaitingWish
from app.extensions import db
from app.people.models import Person

log = logging.getLogger(__name__)
# So long an opening is theirs. Nights do not count, or an offer of the evening would be over before they wake.
HELD_FOR = timedelta(hours=4)
# The coach's notice holds for whoever takes an offer, too; and nobody should be asked for this very hour.
LEAST_NOTICE = timedelta(hours=2)
# An opening that leaves less than this to answer is not worth a mail.
LEAST_TIME = timedelta(minutes=30)
# Nobody is passed over because somebody else was faster with one time.
TRIES = 5
# Each is a transaction of its own, with a mail. The rest comes first a minute later, and other work in between.
MOST_IN_A_SWEEP = 50


def close_offers() -> None:
    """Let go of every offer whose time is over, or whose person has booked something else. Commits after each."""
    closing = SlotOffer.to_close()
    db.session.commit()
    for offer_id, person_id in closing:
        try:
            _close(offer_id, person_id)
        except Exception:
            log.exception("offer %s could not be closed; trying again in a minute", offer_id)
            db.session.rollback()


def _close(offer_id: int, person_id: int) -> None:
    Person.for_update(person_id)
    offer = db.session.get(SlotOffer, offer_id, populate_existing=True)
    if offer and offer.close():
        emails.waiting_paused(offer.entry)
    db.session.commit()


def offer_openings() -> None:
    """Offer what is free to those in line whom it suits, who are awake and have no offer. Commits after each offer.

    Run twice, or by two workers at once, it offers everything once. Who has an offer is not in line, so that those who
    were left for the next sweep are the first of it.
    """
    waiting = [entry for entry in in_line() if entry.wish.may_be_told_now]
    db.session.commit()
    if not waiting:
        return
    openings, made = Openings(), 0
    for entry in waiting:
        if made == MOST_IN_A_SWEEP:
            break
        entry_id = entry.id
        try:
            for _ in range(TRIES):
                try:
                    made += _offer_one(entry, openings)
                    break
                except (SlotTaken, NotOffered):
                    db.session.rollback()
                    openings = Openings()
        except Exception:
            log.exception("nothing could be offered to no. %s in line; trying again in a minute", entry_id)
            db.session.rollback()
            openings = Openings()


def in_line() -> list[WaitingEntry]:
    """Who can be offered something, first come first: in line, not paused, with no open offer, and nothing booked."""
    theirs = aliased(WaitingEntry)
    has_offer = select(SlotOffer.id).join(theirs, SlotOffer.entry).where(
        theirs.person_id == WaitingEntry.person_id, SlotOffer.unanswered()
    )  # fmt: skip
    line = select(WaitingEntry).where(
        WaitingEntry.confirmed_at.is_not(None),
        WaitingEntry.ended_at.is_(None),
        WaitingEntry.paused_at.is_(None),
        ~WaitingEntry.has_booked_since(),
        ~has_offer.exists(),
    )
    loaded = joinedload(WaitingEntry.kind), joinedload(WaitingEntry.coach), selectinload(WaitingEntry.offers)
    ordered = line.options(*loaded).order_by(WaitingEntry.confirmed_at, WaitingEntry.id)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def _offer_one(entry: WaitingEntry, openings: Openings) -> bool:
    """Offer them what comes first of what suits. False when there is nothing; raises SlotTaken or NotOffered when
    somebody was faster. Commits.
    """
    found = _first_for(entry, openings)
    db.session.commit()
    if found is None:
        return False
    opening, until = found
    Person.for_update(entry.person_id)
    place = db.session.get(WaitingEntry, entry.id, populate_existing=True)
    if not place or not place.awaits(*opening) or SlotOffer.is_open_for(place.person_id):
        raise SlotTaken
    reserved = take(place.kind, opening.starts_at, opening.coach.id, held_until=until)
    emails.slot_offered(SlotOffer.make(place, reserved, until))
    db.session.commit()
    openings.without(reserved)
    return True


def _first_for(entry: WaitingEntry, openings: Openings) -> tuple[Opening, datetime] | None:
    """The earliest opening that suits, was not offered to them before and leaves time to answer, and until when."""
    wish = entry.wish
    for opening in openings.suiting(entry.kind, wish):
        until = held_until(wish, opening)
        if until is not None and not entry.was_offered(opening.starts_at):
            return opening, until
    return None


def held_until(wish: WaitingWish, opening: Opening) -> datetime | None:
    """Until when an opening would be theirs if it were offered now; None when that leaves no time to answer."""
    notice = max(timedelta(hours=opening.coach.minimum_notice_hours), LEAST_NOTICE)
    latest = opening.starts_at - notice
    if wish.time_to_answer(LEAST_TIME) > latest:
        return None
    return min(wish.time_to_answer(HELD_FOR), latest)
