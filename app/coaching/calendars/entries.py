"""A consultation as it stands in the calendar of its person, and in that of its coach."""

from datetime import timedelta

from icalendar import STATUS

from app import calendar_file
from app.calendar_file import Appointment, Mailbox
from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.booking.reserved import ReservedTime
from app.coaching.models import Consultation
from app.urls import absolute

NEUTRAL = "Appointment"
# Calendars are often shared: the private link stays in the mail. Nor does this say what the appointment is about.
HOW_TO_CHANGE = (
    "To move or cancel it, use the link in the e-mail about it. Declining it in a calendar does not cancel it."
)
NO_PLACE_YET = "How you will talk comes by e-mail."
RINGS_BEFORE = timedelta(minutes=15)


def mailed_to_person(consultation: Consultation) -> str:
    """The calendar file that goes with a mail to its person; none as long as no time is booked."""
    return _mailed(of_person(consultation)) if consultation.booked_at else ""


def mailed_to_coach(consultation: Consultation) -> str:
    """The calendar file that goes with a mail to its coach; none as long as no time is booked."""
    return _mailed(of_coach(consultation)) if consultation.booked_at else ""


def mailed_to_former(consultation: Consultation, coach: Coach) -> str:
    """The calendar file that takes it from a coach, who is not its coach any more."""
    return calendar_file.cancellation(of_coach(consultation)._replace(attendee=Mailbox(coach.address, coach.name)))


def mailed_to_former_address(consultation: Consultation, address: str) -> str:
    """The calendar file that takes it from the calendar of an address that its coach is not written to any more."""
    entry = of_coach(consultation)
    return calendar_file.cancellation(entry._replace(attendee=Mailbox(address, entry.attendee.name)))


def downloaded(consultation: Consultation) -> str:
    """The calendar file behind a private link to what is booked. It does not say whose link that is."""
    return calendar_file.download(of_person(consultation), RINGS_BEFORE)


def of_person(consultation: Consultation) -> Appointment:
    """In neutral words for those who asked for them."""
    entry, is_neutral = _of(consultation), consultation.has_neutral_title
    return entry._replace(
        attendee=Mailbox(consultation.person.email, consultation.person.name),
        summary=NEUTRAL if is_neutral else f"{entry.summary} with {entry.attendee.name}",
        description=HOW_TO_CHANGE if entry.location else f"{NO_PLACE_YET} {HOW_TO_CHANGE}",
        is_private=is_neutral,
    )


def of_coach(consultation: Consultation) -> Appointment:
    """With the name of the person; what they wrote stands in the studio only."""
    entry = _of(consultation)
    return entry._replace(
        summary=f"{consultation.name}: {entry.summary}",
        description=f"More in the studio: {_studio_url(consultation)}",
        url=_studio_url(consultation),
        is_private=True,
    )


def held(reserved: ReservedTime) -> Appointment:
    """A time of a coach that somebody may still take, as it stands in the coach's own calendar."""
    consultation = reserved.consultation
    return Appointment(
        # No two times that are held of a coach begin at the same moment.
        uid=absolute(f"/coaching/held/{reserved.coach_id}/{reserved.starts_at:%Y%m%dT%H%M}"),
        sequence=0,
        stamped_at=now(),
        starts_at=reserved.starts_at,
        ends_at=reserved.ends_at,
        attendee=Mailbox(reserved.coach.address, reserved.coach.name),
        summary=f"Held for {consultation.name}: {consultation.kind.title}" if consultation else "Held, waiting list",
        url=_studio_url(consultation) if consultation else "",
        status=STATUS.TENTATIVE,
        is_private=True,
    )


def _of(consultation: Consultation) -> Appointment:
    """What is the same for both, with the coach as the one who attends."""
    coach, starts_at, ends_at = consultation.coach, consultation.starts_at, consultation.ends_at
    assert coach and starts_at and ends_at  # noqa: S101 - the schema has it so for whatever is booked.
    return Appointment(
        uid=consultation.uid,
        sequence=consultation.calendar_sequence,
        stamped_at=now(),
        starts_at=starts_at,
        ends_at=ends_at,
        attendee=Mailbox(coach.address, coach.name),
        summary=consultation.kind.title,
        location=coach.location,
        status=STATUS.CANCELLED if consultation.cancelled_at else STATUS.CONFIRMED,
    )


def _studio_url(consultation: Consultation) -> str:
    return absolute(f"/studio/consultations/{consultation.id}")


def _mailed(entry: Appointment) -> str:
    is_cancelled = entry.status == STATUS.CANCELLED
    return calendar_file.cancellation(entry) if is_cancelled else calendar_file.invitation(entry)
