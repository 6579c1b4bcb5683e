"""What is due on the waiting lists: seats to be offered, offers whose time is over, cohorts that have closed.

Each step is a transaction of its own, with the cohort locked, so that two workers at once do everything once.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Select, or_, select

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.waitlist import emails
from app.enrollment.waitlist.models import WaitlistEntry
from app.extensions import db

log = logging.getLogger(__name__)
STEPS_A_SWEEP = 200


def end_served() -> None:
    """Who is in the cohort, however they came by a place, waits no more."""
    is_in = (
        select(Enrollment.id)
        .join(Enrollment.order)
        .where(
            Enrollment.person_id == WaitlistEntry.person_id,
            Enrollment.cohort_id == WaitlistEntry.cohort_id,
            Enrollment.opens(),
        )
    )
    served = select(WaitlistEntry.id).where(WaitlistEntry.ended_at.is_(None), is_in.exists())
    _each(_some(served), lambda entry: entry.end("enrolled"))


def end_lapsed() -> None:
    """What was not answered in time is free for the next, and who did not is told so once."""
    over = WaitlistEntry.offer_until <= now(), WaitlistEntry.order_id.is_(None), WaitlistEntry.ended_at.is_(None)
    _each(_some(select(WaitlistEntry.id).where(*over)), _lapse)


def _lapse(entry: WaitlistEntry) -> None:
    if entry.state == "lapsed" and not entry.ended_at:
        entry.end("lapsed")
        emails.offer_lapsed(entry)


def close_lines() -> None:
    """Once a cohort can be bought no more, everybody in line is told, and of the next one. Who is paying just then
    is left to it, and what is held for somebody stays so for as long as they were told, unless the cohort begins.
    """
    line = select(WaitlistEntry.cohort_id).where(WaitlistEntry.ended_at.is_(None)).distinct()
    cohorts = db.session.scalars(select(Cohort).where(Cohort.id.in_(line))).all()
    closed = [cohort.id for cohort in cohorts if cohort.has_closed]
    begun = [cohort.id for cohort in cohorts if cohort.has_begun]
    is_over = or_(WaitlistEntry.holds_seat.is_(False), WaitlistEntry.cohort_id.in_(begun))
    in_line = select(WaitlistEntry.id).where(WaitlistEntry.cohort_id.in_(closed), WaitlistEntry.ended_at.is_(None))
    in_line = in_line.where(is_over)
    _each(_some(in_line.where(WaitlistEntry.order_id.is_(None))), _close)


def _close(entry: WaitlistEntry) -> None:
    if entry.ended_at or entry.order_id or not entry.cohort.has_closed:
        return
    if entry.has_offer and not entry.cohort.has_begun:
        return
    is_in_line = entry.confirmed_at is not None
    entry.end("closed")
    if is_in_line:
        emails.waitlist_closed(entry, _next_after(entry.cohort))


def _next_after(cohort: Cohort) -> Cohort | None:
    """The first later one with a seat left; when all are full, the first."""
    following = cohort.following
    return next((later for later in following if not later.is_full), following[0] if following else None)


def offer_seats() -> None:
    """Hold each seat that is free for who is first in line, and write to them."""
    waited_for = db.session.scalars(select(Cohort.id).where(Cohort.seats_awaited > 0).order_by(Cohort.id)).all()
    db.session.commit()
    for cohort_id in waited_for:
        for _ in range(STEPS_A_SWEEP):
            if not _step(partial(_offer_one, cohort_id)):
                break


def _offer_one(cohort_id: int) -> bool:
    cohort = Cohort.for_update(cohort_id)
    if cohort is None or not cohort.is_on_sale or not cohort.has_room_for_awaited:
        return False
    entry = WaitlistEntry.first_waiting(cohort)
    if entry is None or not entry.offer():
        return False
    emails.seat_offered(entry)
    return True


def _some(entries: Select[int]) -> Sequence[int]:
    in_order = entries.order_by(WaitlistEntry.confirmed_at, WaitlistEntry.id)
    found = db.session.scalars(in_order.limit(STEPS_A_SWEEP)).all()
    db.session.commit()
    return found


def _each(entry_ids: Sequence[int], act: Callable[[WaitlistEntry], object]) -> None:
    for entry_id in entry_ids:
        _step(partial(_act, entry_id, act))


def _act(entry_id: int, act: Callable[[WaitlistEntry], object]) -> bool:
    if entry := WaitlistEntry.for_update(entry_id):
        act(entry)
    return True


def _step(act: Callable[[], bool]) -> bool:
    """Do it in a transaction; what fails is left for the next sweep, and stands in nobody's way."""
    try:
        done = act()
        db.session.commit()
    except Exception:
        log.exception("a step of the waiting lists failed")
        db.session.rollback()
        return False
    return done
