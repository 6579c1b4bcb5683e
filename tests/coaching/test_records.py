"""What is told of a person's consultations, and what erasing leaves."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from app.coaching.answering import propose
from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.models import Consultation
from app.extensions import db
from app.newsletter.issues.audience import FACTS
from app.newsletter.models import Subscription
from app.people import records
from app.people.models import Person
from tests.coaching.calendars.ics import lawful
from tests.coaching.private_link import private_link
from tests.studio import factories

ADA, COACH = "ada@example.org", "owner@doctor.example.org"
AT = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)


def erase(address):
    records.erase(Person.with_email(address))
    db.session.commit()


def rows(*tables):
    return [db.session.scalar(select(func.count()).select_from(table)) for table in tables]


def test_everything_is_told_even_what_the_coach_noted_and_nothing_of_anybody_else(ask, consultations, coach):
    ask()
    ask(email="grace@example.org", slot="2026-12-07T13:00Z", goals="Graces own")
    consultation = Consultation.for_update(consultations()[0].id)
    consultation.private_notes, consultation.answers = "Asks good questions.", {"first": "It is."}
    propose(consultation, coach, [AT + timedelta(days=1)])
    db.session.commit()
    (told,) = records.export(Person.with_email(ADA))["consultations"]
    assert told["kind"] == consultation.kind.title
    assert (told["held_times"][0]["coach"], told["private_notes"]) == ("Robin Park", "Asks good questions.")
    assert told["answers"] == {"first": "It is."}
    assert [time["starts_at"] for time in told["held_times"]] == ["2026-12-03T01:30:00+00:00"]
    assert next(time["starts_at"] for time in told["preferred_times"]) == "2026-12-02T01:30:00+00:00"
    assert "Graces" not in records.as_json(Person.with_email(ADA))


def test_erasing_frees_what_was_booked_and_held_and_tells_the_coach_on_their_own_clock(ask, book, client, mail, frozen):
    book(email=ADA)
    frozen.advance(minutes=1)  # The newest is told of first.
    ask(email=ADA, slot="2026-12-07T13:00Z")
    link = private_link(mail.to(ADA)[0])
    erase(ADA)
    assert rows(Consultation, ReservedTime, ReservedTick) == [0, 0, 0]
    of_request, of_booking = mail.to(COACH, "coaching/request_erased")
    assert "Tuesday, December 1, 2026, 8:30 PM EST" in of_booking.body
    assert of_booking.calendar_method == "CANCEL"
    assert "Monday, December 7, 2026, 8:00 AM EST" in of_request.body
    assert of_request.calendar == ""
    [told] = mail.to(ADA)
    event = lawful(told.calendar).components[0]
    assert (told.calendar_method, event["SEQUENCE"].value) == ("CANCEL", "1")
    assert "December 1, 2026, 7:30 PM CST.\nIt does not take place" in told.body
    assert "/coaching/consultations/" not in told.body
    assert told.is_fleeting
    frozen.advance(minutes=1)
    assert book(email="grace@example.org").status_code == 303
    for path in ("", "/reschedule", "/times", "/calendar.ics"):
        assert client.get(link + path).status_code == 404
    for path in ("/reschedule", "/times", "/acceptance", "/details", "/cancellation"):
        assert client.post(link + path, data={"slot": "2026-12-09T15:00Z"}).status_code == 404


def test_erasing_calls_off_however_many_stand(offer, coach, mail):
    for number in range(22):
        factories.booked(ADA, coach, AT + timedelta(days=number))
    db.session.commit()
    erase(ADA)
    assert rows(Consultation, ReservedTime, ReservedTick) == [0, 0, 0]
    assert len(mail.to(COACH, "coaching/request_erased")) == 22


def test_who_has_booked_is_who_has_a_time_that_was_not_cancelled(ask, book, consultations):
    asked = book, ask, book
    for number, way in enumerate(asked):
        way(email=f"p{number}@example.org", slot=f"2026-12-0{number + 2}T13:00Z")
        db.session.add(Subscription(person=Person.with_email(f"p{number}@example.org")))
    db.session.commit()
    Consultation.for_update(consultations()[2].id).cancel()
    db.session.commit()
    booked = select(Person.email).join(Subscription).where(FACTS["booked"]())
    assert db.session.scalars(booked).all() == ["p0@example.org"]
