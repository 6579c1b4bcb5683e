"""What was held and that nobody chose in time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.coaching.answering import confirm, propose
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.intake import Times
from app.coaching.managing.choosing import offer_times
from app.coaching.managing.lapsing import lapsed, let_lapse
from app.coaching.managing.tasks import sweep_consultations
from app.coaching.models import Consultation
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.coaching.private_link import private_link

ADA, COACH = "ada@example.org", "owner@doctor.example.org"
FIRST = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)


def sweep():
    db.session.rollback()
    sweep_consultations.call_local()


def reserved():
    return db.session.scalar(select(func.count()).select_from(ReservedTime)), db.session.scalar(
        select(func.count()).select_from(ReservedTick)
    )


def test_a_hold_is_released_by_itself_and_both_are_told_once(ask, consultations, mail, frozen):
    ask()
    frozen.advance(hours=48, minutes=-1)
    sweep()
    assert reserved() == (2, 24)
    frozen.advance(minutes=1)
    sweep()
    sweep()
    assert reserved() == (0, 0)
    (consultation,) = consultations()
    assert (consultation.state, consultation.held_until) == ("requested", None)
    [to_person] = mail.to(ADA, "coaching/hold_lapsed")
    assert "you can book a free time at once" in to_person.body
    assert private_link(to_person)
    [to_coach] = mail.to(COACH, "coaching/request_lapsed")
    assert to_coach.subject == "Not answered in time: Ada Lovelace"
    assert "Tuesday, December 1, 2026, 8:30 PM EST" in to_coach.body


def test_what_somebody_else_took_meanwhile_is_told_all_the_same(ask, book, consultations, mail, frozen):
    ask()
    frozen.advance(hours=49)
    assert book(email="grace@example.org").status_code == 303
    sweep()
    assert len(mail.to(ADA, "coaching/hold_lapsed")) == 1
    assert reserved() == (1, 12)
    assert consultations()[1].state == "booked"


def test_a_proposal_that_lapses_says_whose_it_was_and_leaves_what_is_booked(book, coach, consultations, mail, frozen):
    book()
    propose(Consultation.for_update(consultations()[0].id), coach, [FIRST + timedelta(hours=1)])
    db.session.commit()
    frozen.advance(hours=48)
    sweep()
    (consultation,) = consultations()
    assert (consultation.state, consultation.starts_at, reserved()) == ("booked", FIRST, (1, 12))
    [email] = mail.to(ADA, "coaching/hold_lapsed")
    assert "The times your coach proposed" in email.body
    assert "stands as it was" in email.body
    assert mail.to(COACH, "coaching/request_lapsed")[0].subject == "Not taken up: Ada Lovelace"


def test_a_proposal_that_lapses_as_the_booked_one_begins_is_nothing_to_write_about(
    book, coach, consultations, mail, frozen
):
    book()
    frozen.time = FIRST - timedelta(hours=1)
    propose(Consultation.for_update(consultations()[0].id), coach, [FIRST + timedelta(hours=2)])
    db.session.commit()
    frozen.time = FIRST
    sweep()
    assert (consultations()[0].held_until, reserved()) == (None, (1, 12))
    assert not mail.to(ADA, "coaching/hold_lapsed")


def test_times_that_were_offered_anew_a_moment_before_the_sweep_stay_held(ask, consultations, mail, frozen):
    ask()
    number = consultations()[0].id
    frozen.advance(hours=48)
    assert lapsed() == [number]
    offer_times(Consultation.for_update(number), Times((FIRST + timedelta(days=2),)))
    db.session.commit()
    assert not let_lapse(number)
    assert reserved() == (1, 12)
    assert not mail.to(ADA, "coaching/hold_lapsed")


def test_what_was_chosen_or_cancelled_in_time_does_not_lapse(ask, consultations, mail, frozen):
    ask()
    ask(goals="Another matter", slot="2026-12-08T13:00Z")
    first, second = consultations()
    confirm(Consultation.for_update(first.id), FIRST)
    Consultation.for_update(second.id).cancel()
    db.session.commit()
    frozen.advance(hours=49)
    sweep()
    assert not mail.to(ADA, "coaching/hold_lapsed")
    assert reserved() == (1, 12)


@pytest.fixture
def two(coach):
    """Robin, who has an address of their own, and Sam, who holds no consultations yet."""
    coach.email = "robin@example.org"
    sam = Coach(slug="sam", name="Sam Lee", time_zone="UTC", email="sam@example.org", is_active=False)
    sam.weekly_hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    db.session.add(sam)
    db.session.commit()
    return coach, sam


def test_who_asked_any_coach_may_have_any_after_the_times_of_one_lapsed(ask, two, frozen, client, mail, consultations):
    robin, sam = two
    ask()
    assert len(mail.to("robin@example.org", "coaching/new_request")) == 1
    frozen.advance(hours=48)
    sweep_consultations.call_local()
    assert len(mail.to("robin@example.org", "coaching/request_lapsed")) == 1
    robin.weekly_hours, sam.is_active = [], True
    db.session.commit()
    link = private_link(mail.to("ada@example.org")[0])
    assert client.post(f"{link}/reschedule", data={"slot": "2026-12-04T15:00Z"}).status_code == 303
    assert consultations()[0].coach.name == "Sam Lee"


def test_who_asked_for_one_coach_stays_with_them_after_a_lapse(ask, two, frozen, client, mail, consultations):
    robin, sam = two
    ask(coach=robin.slug)
    frozen.advance(hours=48)
    sweep_consultations.call_local()
    robin.weekly_hours, sam.is_active = [], True
    db.session.commit()
    link = private_link(mail.to("ada@example.org")[0])
    assert client.post(f"{link}/reschedule", data={"slot": "2026-12-04T15:00Z"}).status_code == 422


@pytest.mark.parametrize("end", ["cancelled", "erased"])
def test_the_coach_whose_times_were_held_hears_when_it_is_no_more(ask, two, client, mail, end):
    ask()
    if end == "erased":
        records.erase(Person.with_email("ada@example.org"))
        db.session.commit()
    else:
        client.post(f"{private_link(mail.to('ada@example.org')[0])}/cancellation")
    assert len(mail.to("robin@example.org", f"coaching/request_{end}")) == 1
