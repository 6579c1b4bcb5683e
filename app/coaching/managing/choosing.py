"""What the person of a consultation chooses by its private link, in the caller's transaction.

Lock it first, by Consultation.for_update. What is over, or has begun, raises AlreadyOver.
"""

from datetime import datetime

from app import followups
from app.coaching import emails
from app.coaching.answering import confirm
from app.coaching.booking.moving import move
from app.coaching.booking.requesting import hold
from app.coaching.booking.taking import NotOffered
from app.coaching.intake import Intake, Times
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver


def accept(consultation: Consultation, starts_at: datetime) -> None:
    """Book it for one of the times its coach proposes.

    Raises AlreadyOver, NotHeld, or NotOffered for a time they offered themselves.
    """
    if not consultation.may_be_changed:
        raise AlreadyOver
    if not consultation.held_time(starts_at).is_proposed_by_coach:
        raise NotOffered
    confirm(consultation, starts_at)


def take_free_time(consultation: Consultation, starts_at: datetime) -> None:
    """Book it for a free time, or move it there; what was held for it is free again.

    Raises AlreadyOver, SlotTaken or NotOffered.
    """
    told = consultation.asked_coach
    former = consultation.coach if consultation.booked_at else None
    if move(consultation, starts_at):
        emails.settled(consultation, former)
        if not former:
            emails.request_passed_on(consultation, told)


def offer_times(consultation: Consultation, times: Times) -> None:
    """Hold other times for the coach to choose from, in place of whatever was held for it. It must not be booked.

    Raises AlreadyOver, SlotTaken or NotOffered; then the caller rolls back.
    """
    if not consultation.may_be_changed or consultation.booked_at:
        raise AlreadyOver
    told = consultation.asked_coach
    consultation.let_go_held()
    consultation.ask_for(times)
    hold(consultation, times.starts, consultation.wanted_coach_id)
    emails.request_changed(consultation)
    if not consultation.coach:
        emails.request_passed_on(consultation, told)


def change_details(consultation: Consultation, intake: Intake) -> None:
    """Take other details, and tell the coach; the calendars too, where they call it otherwise now. Raises AlreadyOver.

    Answers to questions that are not asked any more stay.
    """
    before, asked = consultation.intake, {question["key"] for question in consultation.kind.questions}
    kept = {key: answer for key, answer in before.answers.items() if key not in asked}
    if not consultation.change(intake._replace(answers=kept | intake.answers)):
        return
    emails.request_changed(consultation, in_calendar=before.name != consultation.name)
    if consultation.booked_at and before.has_neutral_title != consultation.has_neutral_title:
        emails.consultation_renamed(consultation)


def cancel(consultation: Consultation, reason: str) -> None:
    """Call it off, and tell both; nothing, if that cannot be any more."""
    coach = consultation.asked_coach
    if consultation.cancel(reason):
        emails.consultation_cancelled(consultation)
        emails.request_cancelled(consultation, coach)
        followups.call_off(consultation.person, consultation.occasion, "the consultation was cancelled")
