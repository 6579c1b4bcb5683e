"""What stands with a coach: booked and to come, and what of it the hours would not offer any more."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.availability.slots import Rules, slots
from app.coaching.booking.reserved import ReservedTime
from app.coaching.models import Consultation
from app.extensions import db


def standing_with(coach: Coach) -> list[ReservedTime]:
    """The times still to come that are booked with the coach, or held for somebody, soonest first."""
    ahead = select(ReservedTime).where(
        ReservedTime.coach_id == coach.id,
        ReservedTime.blocked_until > now(),
        ReservedTime.starts_at > now(),
        ReservedTime.consultation_id.is_not(None),
        ReservedTime.stands(),
    )
    whose = joinedload(ReservedTime.consultation)
    kind, person = whose.joinedload(Consultation.kind), whose.joinedload(Consultation.person)
    return list(db.session.scalars(ahead.order_by(ReservedTime.starts_at).options(kind, person)))


def lies_within(time: ReservedTime, coach: Coach, rules: Rules) -> bool:
    """Whether the hours of these rules of the coach hold the time, however near or full its day is."""
    at_will = rules._replace(
        duration_minutes=int((time.ends_at - time.starts_at).total_seconds()) // 60,
        step_minutes=5,
        minimum_notice=rules.minimum_notice * 0,
        booking_window=rules.booking_window * 0,  # So that this very time is all that is looked at.
        most_per_day=None,
        most_per_week=None,
    )
    return bool(slots(at_will, (), (), time.starts_at, coach.time_zone))
