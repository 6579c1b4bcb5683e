"""What a coach answers to a consultation, in the caller's transaction.

Lock the consultation first, by Consultation.for_update. What is over, or has begun, raises AlreadyOver: then the
consultation's own moments say who was faster.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app import followups
from app.clock import now
from app.coaching import emails
from app.coaching.availability.models import Coach
from app.coaching.booking.requesting import HELD_FOR
from app.coaching.booking.reserved import ReservedTime
from app.coaching.booking.taking import NotOffered
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver

# Nobody proposes a time further ahead than this, unless by a slip.
FURTHEST = timedelta(days=365)


def confirm(consultation: Consultation, starts_at: datetime) -> None:
    """Book it for one of the times that are held for it; the others are free again. Raises AlreadyOver or NotHeld."""
    if not consultation.may_be_changed:
        raise AlreadyOver
    told = consultation.asked_coach
    former = consultation.coach if consultation.booked_at else None
    Coach.for_update(consultation.held_time(starts_at).coach_id)
    consultation.look_anew()  # Whoever had the coach before may have freed what lapsed.
    consultation.settle(consultation.held_time(starts_at))
    emails.settled(consultation, former)
    if not former:
        emails.request_passed_on(consultation, told)


def propose(consultation: Consultation, coach: Coach, starts: Iterable[datetime]) -> None:
    """Hold other times of `coach` until HELD_FOR is over, or the first has come, for the person to choose from.

    What was held for it before is free again; the time it is booked for stands until they accept. The hours do not
    count here, for it is the coach who offers. Raises AlreadyOver, NotOffered for a time past or too far ahead, or
    SlotTaken for one that is reserved; then the caller rolls back.
    """
    starts = sorted(set(starts))
    if not consultation.may_be_changed:
        raise AlreadyOver
    if not starts or not all(now() < at <= now() + FURTHEST and at != consultation.starts_at for at in starts):
        raise NotOffered
    told = consultation.asked_coach
    Coach.for_update(coach.id)
    consultation.let_go_held()
    until = min(now() + HELD_FOR, starts[0], consultation.starts_at or starts[0])
    held: list[ReservedTime] = []
    for at in starts:
        ours = [*consultation.reserved_times, *held]
        held.append(ReservedTime.make(coach, consultation.kind, at, until, beside=ours))
    consultation.hold(held, until, by_coach=True)
    emails.times_proposed(consultation)
    if not consultation.coach:
        emails.request_passed_on(consultation, told)


def call_off(consultation: Consultation, reason: str, back_cents: int | None = None) -> None:
    """Decline it or, if it is booked, cancel it, for the coach; the person is told the reason. Raises AlreadyOver.

    `back_cents`: what has just gone back of its payment in Stripe; without it, all that is left goes back.
    """
    was_booked = consultation.booked_at is not None
    if not consultation.cancel(reason, by_coach=True):
        raise AlreadyOver
    followups.call_off(consultation.person, consultation.occasion, "the coach called it off")
    if was_booked:
        emails.consultation_called_off(consultation, back_cents)
        emails.booking_called_off(consultation, back_cents)
    else:
        emails.consultation_declined(consultation)
