from collections.abc import Sequence
from typing import Any

from flask import current_app

from app import outbox
from app.clock import in_zone
from app.coaching.availability.models import Coach
from app.coaching.calendars.entries import (
    mailed_to_coach,
    mailed_to_former,
    mailed_to_former_address,
    mailed_to_person,
)
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.local_times import abbreviation, clock_time
from app.outbox.models import ENTITY
from app.people.models import Person
from app.urls import absolute, absolute_url


def consultation_requested(consultation: Consultation) -> None:
    """To the person: what was asked for, the private link, what happens next.

    The address is not proven yet, so no free text of whoever typed it is in this mail.
    """
    _to_person(consultation, "coaching/consultation_requested")


def consultation_booked(consultation: Consultation) -> None:
    """To the person: when, with whom, where, and the private link. No free text of whoever typed the address."""
    _to_person(consultation, "coaching/consultation_booked", calendar=mailed_to_person(consultation))


def consultation_moved(consultation: Consultation) -> None:
    _to_person(consultation, "coaching/consultation_moved", calendar=mailed_to_person(consultation))


def settled(consultation: Consultation, former: Coach | None) -> None:
    """To all: it is booked or, if a `former` coach held it before, moved."""
    if former is None:
        consultation_booked(consultation)
        new_booking(consultation)
        return
    consultation_moved(consultation)
    if consultation.coach and former.address == consultation.coach.address:
        booking_moved(consultation)
    else:  # Each has a calendar of their own.
        booking_passed_on(consultation, former)
        new_booking(consultation)


def consultation_elsewhere(consultation: Consultation) -> None:
    """To the person: where one talks has changed, and nothing else."""
    _to_person(consultation, "coaching/consultation_elsewhere", calendar=mailed_to_person(consultation))


def booking_elsewhere(consultation: Consultation) -> None:
    """To the coach: where one talks, or where the coach is written to, has changed, and nothing else."""
    _to_coach(consultation, "coaching/booking_elsewhere", calendar=mailed_to_coach(consultation))


def booking_not_told_here(consultation: Consultation, address: str) -> None:
    """To an address of the coach's that was written to before: it is not any more, and its calendar is told so."""
    outbox.post(
        to=address,
        template="coaching/booking_not_told_here",
        headers={"Reply-To": consultation.person.email},
        calendar=mailed_to_former_address(consultation, address),
        consultation=consultation,
        zone=consultation.coach.time_zone if consultation.coach else consultation.time_zone,
    )


def consultation_renamed(consultation: Consultation) -> None:
    """To the person: it is called something else in their calendar."""
    _to_person(consultation, "coaching/consultation_renamed", calendar=mailed_to_person(consultation))


def consultation_at_new_address(consultation: Consultation) -> None:
    """To the person, who is written to here from now on: what is booked, for this mailbox and its calendar."""
    _to_person(consultation, "coaching/consultation_at_new_address", calendar=mailed_to_person(consultation))


def consultation_cancelled(consultation: Consultation) -> None:
    _to_person(
        consultation,
        "coaching/consultation_cancelled",
        calendar=mailed_to_person(consultation),
        offer_url=absolute_url("coaching.show_offer"),
    )


def consultation_declined(consultation: Consultation) -> None:
    """To the person: the coach does not take the request, and why."""
    _to_person(consultation, "coaching/consultation_declined", offer_url=absolute_url("coaching.show_offer"))


def consultation_called_off(consultation: Consultation, back_cents: int | None = None) -> None:
    """To the person: the coach cancelled what was booked, why, and what goes back, if not all that is left."""
    _to_person(
        consultation,
        "coaching/consultation_called_off",
        calendar=mailed_to_person(consultation),
        book_url=absolute_url("coaching.show_picker"),
        back_cents=back_cents,
    )


def times_proposed(consultation: Consultation) -> None:
    """To the person: which times the coach holds for them, and until when."""
    _to_person(consultation, "coaching/times_proposed")


def hold_lapsed(consultation: Consultation) -> None:
    """To the person: what was held is free again, and what they can do now."""
    _to_person(consultation, "coaching/hold_lapsed")


def reminder_of_day(consultation: Consultation) -> None:
    _remind(consultation, "coaching/reminder_of_day")


def reminder_of_hour(consultation: Consultation) -> None:
    _remind(consultation, "coaching/reminder_of_hour")


def _remind(consultation: Consultation, template: str) -> None:
    """In words that stay true however long the mail is on its way; once the consultation has begun, it is not sent."""
    assert consultation.starts_at  # noqa: S101 - Only what is booked is reminded of.
    shown = in_zone(consultation.starts_at, consultation.time_zone)
    clock = f"{clock_time(shown)} {abbreviation(shown)}"
    _to_person(consultation, template, expires_at=consultation.starts_at, weekday=f"{shown:%A}", clock=clock)


def new_request(consultation: Consultation) -> None:
    _to_coach(consultation, "coaching/new_request")


def new_booking(consultation: Consultation) -> None:
    _to_coach(consultation, "coaching/new_booking", calendar=mailed_to_coach(consultation))


def booking_moved(consultation: Consultation) -> None:
    _to_coach(consultation, "coaching/booking_moved", calendar=mailed_to_coach(consultation))


def booking_passed_on(consultation: Consultation, former: Coach) -> None:
    """To the coach whose it was: another holds it, at another time."""
    _to_coach(consultation, "coaching/booking_passed_on", former, calendar=mailed_to_former(consultation, former))


def request_passed_on(consultation: Consultation, former: Coach | None) -> None:
    """To the coach who was told of the request, if there was one alone: another answers it now. Else nothing."""
    holders = {time.coach for time in consultation.reserved_times}
    if former and former not in holders and former.address != _address_of(consultation.asked_coach):
        outbox.post(
            to=former.address,
            template="coaching/request_passed_on",
            headers={"Reply-To": consultation.person.email},
            consultation=consultation,
            coach=consultation.asked_coach,
        )


def request_changed(consultation: Consultation, *, in_calendar: bool = False) -> None:
    """To the coach; `in_calendar` if its entry there changes with it."""
    calendar = mailed_to_coach(consultation) if in_calendar else ""
    _to_coach(consultation, "coaching/request_changed", calendar=calendar)


def request_cancelled(consultation: Consultation, coach: Coach | None) -> None:
    """To whoever was to answer it before."""
    _to_coach(consultation, "coaching/request_cancelled", coach, calendar=mailed_to_coach(consultation))


def booking_called_off(consultation: Consultation, back_cents: int | None = None) -> None:
    """To the coach, who cancelled it: for their calendar."""
    calendar = mailed_to_coach(consultation)
    _to_coach(consultation, "coaching/booking_called_off", calendar=calendar, back_cents=back_cents)


def request_lapsed(consultation: Consultation, coach: Coach | None) -> None:
    """To the coach whose times were held: nobody chose in time among them."""
    _to_coach(consultation, "coaching/request_lapsed", coach)


def request_erased(consultation: Consultation, coach: Coach | None) -> None:
    """To the coach who had it: it is called off, for its person is erased. The mail alone still says who that was."""
    outbox.post(
        to=_address_of(coach),
        template="coaching/request_erased",
        # One that goes on at this moment is not called off.
        calendar=mailed_to_coach(consultation) if consultation.cancelled_at else "",
        is_fleeting=True,
        consultation=consultation,
        zone=coach.time_zone if coach else consultation.time_zone,
    )


def consultation_erased(consultation: Consultation) -> None:
    """To the person who is erased: it is off, and out of their calendar. Without a link, for there is none any more."""
    outbox.post(
        to=consultation.person.email,
        template="coaching/consultation_erased",
        calendar=mailed_to_person(consultation),
        is_fleeting=True,
        consultation=consultation,
    )


def consultation_links(person: Person, consultations: Sequence[Consultation]) -> None:
    _with_links(person, "coaching/consultation_links", consultations)


def requests_full(person: Person, consultations: Sequence[Consultation], *, is_full: bool) -> None:
    """Why another request was not taken, and what to do: too many are open or, if not, were made since yesterday."""
    _with_links(person, "coaching/requests_full", consultations, is_full=is_full)


def no_consultations(address: str) -> None:
    outbox.post(
        to=address, template="coaching/no_consultations", request_url=absolute_url("coaching.request_consultation")
    )


def busy_feed_failing(coach: Coach) -> None:
    """To the owner, once: the calendar that a coach is busy in has not been read for a day."""
    outbox.post(
        to=current_app.config["OWNER_EMAIL"],
        template="coaching/busy_feed_failing",
        coach=coach,
        studio_url=absolute(f"/studio/coaches/{coach.id}"),
    )


def manage_url(consultation: Consultation) -> str:
    """The private link to a consultation: to be mailed to its person and shown to nobody else."""
    return absolute_url("coaching.show_consultation", token=consultation.link_token)


def _to_person(consultation: Consultation, template: str, **context: Any) -> None:
    """How it stands. What changes that outdates this mail while it waits: Consultation.outdate_mail."""
    outbox.post(
        to=consultation.person,
        template=template,
        headers={ENTITY: consultation.uid},
        consultation=consultation,
        offer=CoachingOffer.current(),
        manage_url=manage_url(consultation),
        **context,
    )


def _to_coach(
    consultation: Consultation, template: str, coach: Coach | None = None, *, calendar: str = "", **context: Any
) -> None:
    """To the coach who answers it, or to the owner while that could be any; or to one whose it is no more for good."""
    stands = {} if coach else {ENTITY: consultation.uid}
    coach = coach or consultation.asked_coach
    outbox.post(
        to=_address_of(coach),
        template=template,
        headers={"Reply-To": consultation.person.email, **stands},
        calendar=calendar,
        consultation=consultation,
        offer=CoachingOffer.current(),
        zone=coach.time_zone if coach else consultation.time_zone,
        studio_url=absolute(f"/studio/consultations/{consultation.id}"),
        **context,
    )


def _address_of(coach: Coach | None) -> str:
    return coach.address if coach else str(current_app.config["OWNER_EMAIL"])


def _with_links(person: Person, template: str, consultations: Sequence[Consultation], **context: Any) -> None:
    links = [(consultation, manage_url(consultation)) for consultation in consultations]
    outbox.post(to=person, template=template, links=links, **context)
