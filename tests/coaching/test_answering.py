"""What the coach says to a request, and what becomes of the times it held."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.coaching.answering import call_off, confirm, propose
from app.coaching.booking.held import NotHeld
from app.coaching.booking.moving import move
from app.coaching.booking.reserved import ReservedTick, ReservedTime, SlotTaken
from app.coaching.booking.taking import NotOffered
from app.coaching.managing.choosing import accept
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver
from app.extensions import db
from app.followups import SequenceRun

ADA, COACH = "ada@example.org", "owner@doctor.example.org"
FIRST, SECOND = datetime(2026, 12, 2, 1, 30, tzinfo=UTC), datetime(2026, 12, 3, 13, 0, tzinfo=UTC)
# The coach's own offer: the middle of a night.
AT_NIGHT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def ticks():
    return db.session.scalar(select(func.count()).select_from(ReservedTick))


@pytest.fixture
def held(ask, consultations):
    ask()
    return Consultation.for_update(consultations()[0].id)


@pytest.fixture
def booked(book, consultations):
    book()
    return Consultation.for_update(consultations()[0].id)


def test_confirming_a_held_time_books_it_frees_the_others_and_tells_both(held, mail, ask):
    confirm(held, SECOND)
    db.session.commit()
    assert (held.state, held.starts_at, held.booked_at, held.held_until) == ("booked", SECOND, now(), None)
    assert [(time.starts_at, time.held_until) for time in held.reserved_times] == [(SECOND, None)]
    assert ticks() == 12
    assert "Thursday, December 3, 2026, 7:00 AM CST" in mail.to(ADA, "coaching/consultation_booked")[0].body
    assert mail.to(COACH, "coaching/new_booking")
    assert ask(email="grace@example.org", slot="2026-12-02T01:30Z").status_code == 303
    assert ask(email="grace@example.org", slot="2026-12-03T13:00Z").status_code == 409


def test_only_what_is_held_now_can_be_confirmed(held, mail, clock):
    with pytest.raises(NotHeld):
        confirm(held, FIRST + timedelta(hours=1))
    clock.advance(hours=48)
    with pytest.raises(NotHeld):
        confirm(held, FIRST)
    assert held.state == "requested"
    assert not mail.to(ADA, "coaching/consultation_booked")


def test_times_that_overlap_can_be_offered_together_and_the_one_that_is_chosen_is_taken_whole(ask, consultations):
    assert ask(slot=["2026-12-02T01:30Z", "2026-12-02T02:00Z", "2026-12-02T02:30Z"]).status_code == 303
    assert ticks() == 24
    assert ask(email="grace@example.org", slot="2026-12-02T03:00Z").status_code == 409
    consultation = Consultation.for_update(consultations()[0].id)
    confirm(consultation, FIRST + timedelta(minutes=30))
    db.session.commit()
    assert ticks() == 12
    assert ask(email="grace@example.org", slot="2026-12-02T02:30Z").status_code == 409
    assert ask(email="grace@example.org", slot="2026-12-02T03:00Z").status_code == 303


def test_other_times_are_held_for_the_person_and_theirs_are_free_again(held, coach, mail, ask):
    propose(held, coach, [AT_NIGHT + timedelta(hours=1), AT_NIGHT])
    db.session.commit()
    assert (held.state, held.held_until, held.proposed_at) == ("held", AT_NIGHT, now())
    assert [time.starts_at for time in held.proposed_times] == [AT_NIGHT, AT_NIGHT + timedelta(hours=1)]
    assert held.offered_times == []
    [email] = mail.to(ADA, "coaching/times_proposed")
    for part in (email.body, email.html):
        assert "Tuesday, November 24, 2026, 2:00 AM CST" in part
        assert "Tuesday, November 24, 2026, 3:00 AM CST" in part
    assert ask(email="grace@example.org", slot="2026-12-02T01:30Z").status_code == 303


def test_a_proposal_ends_after_two_days_or_when_its_first_time_has_come(held, coach, clock):
    propose(held, coach, [AT_NIGHT + timedelta(days=9)])
    assert held.held_until == now() + timedelta(hours=48)
    clock.advance(hours=48)
    assert (held.proposed_times, held.state) == ([], "requested")
    with pytest.raises(NotHeld):
        accept(held, AT_NIGHT + timedelta(days=9))


def test_accepting_a_proposed_time_books_it(held, coach, mail):
    propose(held, coach, [AT_NIGHT, AT_NIGHT + timedelta(hours=2)])
    db.session.commit()
    accept(held, AT_NIGHT)
    db.session.commit()
    assert (held.state, held.starts_at, held.proposed_at) == ("booked", AT_NIGHT, None)
    assert ticks() == 12
    assert mail.to(ADA, "coaching/consultation_booked")
    assert mail.to(COACH, "coaching/new_booking")


def test_the_person_cannot_accept_what_they_offered_themselves(held):
    with pytest.raises(NotOffered):
        accept(held, FIRST)
    assert held.state == "held"


def test_a_booked_time_stands_until_another_is_accepted_even_one_it_overlaps(booked, coach, mail, ask, clock):
    later = FIRST + timedelta(minutes=30)
    propose(booked, coach, [later])
    db.session.commit()
    assert (booked.state, booked.starts_at) == ("booked", FIRST)
    assert "stands until you choose" in mail.to(ADA, "coaching/times_proposed")[0].body
    assert ask(email="grace@example.org", slot="2026-12-02T02:30Z").status_code == 409
    accept(Consultation.for_update(booked.id), later)
    db.session.commit()
    assert (booked.starts_at, booked.calendar_sequence, ticks()) == (later, 1, 12)
    assert mail.to(ADA, "coaching/consultation_moved")
    assert mail.to(COACH, "coaching/booking_moved")
    assert ask(email="grace@example.org", slot="2026-12-02T02:30Z").status_code == 409
    assert ask(email="grace@example.org", slot="2026-12-02T03:00Z").status_code == 303


def test_a_proposal_for_a_booked_one_that_lapses_leaves_it_as_it_was(booked, coach, clock):
    propose(booked, coach, [FIRST + timedelta(minutes=30)])
    db.session.commit()
    clock.advance(hours=49)
    ReservedTime.let_go_lapsed()
    db.session.commit()
    [standing] = Consultation.for_update(booked.id).reserved_times
    assert (standing.starts_at, standing.held_until, ticks()) == (FIRST, None, 12)


def test_another_proposal_replaces_the_one_before(held, coach):
    propose(held, coach, [AT_NIGHT])
    propose(held, coach, [AT_NIGHT + timedelta(minutes=30)])
    assert [time.starts_at for time in held.reserved_times] == [AT_NIGHT + timedelta(minutes=30)]
    assert ticks() == 12


def test_a_time_somebody_has_cannot_be_proposed(held, book, coach, mail):
    assert book(email="grace@example.org", slot="2026-11-30T08:00Z").status_code == 303
    with pytest.raises(SlotTaken):
        propose(held, coach, [datetime(2026, 11, 30, 8, 30, tzinfo=UTC)])
    db.session.rollback()
    assert Consultation.for_update(held.id).offered_times
    assert not mail.to(ADA, "coaching/times_proposed")


@pytest.mark.parametrize("at", [timedelta(0), timedelta(minutes=-5), timedelta(days=366)])
def test_a_time_past_or_far_too_far_ahead_cannot_be_proposed(held, coach, at):
    with pytest.raises(NotOffered):
        propose(held, coach, [now() + at])
    with pytest.raises(NotOffered):
        propose(held, coach, [])
    assert len(held.offered_times) == 2


def test_declining_frees_the_times_and_tells_the_person_why(held, mail, ask):
    call_off(held, "Away until spring.\nPlease ask again.")
    db.session.commit()
    assert (held.state, held.is_cancelled_by_coach, ticks()) == ("cancelled", True, 0)
    [email] = mail.to(ADA, "coaching/consultation_declined")
    assert "Away until spring.\nPlease ask again." in email.body
    assert "Away until spring.<br>Please ask again." in email.html
    assert not mail.to(COACH, "coaching/booking_called_off")
    [run] = db.session.scalars(select(SequenceRun)).all()
    assert run.stop_reason == "the coach called it off"


def test_cancelling_what_is_booked_raises_its_sequence_and_tells_both(booked, mail):
    call_off(booked, "I am ill.")
    db.session.commit()
    assert (booked.state, booked.calendar_sequence, ticks()) == ("cancelled", 1, 0)
    [email] = mail.to(ADA, "coaching/consultation_called_off")
    assert "Tuesday, December 1, 2026, 7:30 PM CST" in email.body
    assert "I am ill." in email.body
    assert mail.to(COACH, "coaching/booking_called_off")


def test_what_is_over_or_has_begun_is_answered_no_more(booked, coach, clock, mail):
    clock.time = FIRST
    for answer in (
        lambda: confirm(booked, FIRST),
        lambda: propose(booked, coach, [FIRST + timedelta(days=1)]),
        lambda: call_off(booked, "late"),
        lambda: move(booked, FIRST + timedelta(days=2)),
    ):
        with pytest.raises(AlreadyOver):
            answer()
    assert len(mail.to(ADA)) == 1


def test_a_coach_who_confirms_what_was_cancelled_meanwhile_learns_so(ask, mail, client, consultations):
    ask()
    consultation = Consultation.for_update(consultations()[0].id)
    consultation.cancel("no need")
    with pytest.raises(AlreadyOver):
        confirm(consultation, FIRST)
    assert consultation.state == "cancelled"


def test_moving_after_a_hold_has_lapsed_takes_a_free_time(held, clock):
    clock.advance(hours=49)
    assert move(held, FIRST)
    db.session.commit()
    assert (held.state, held.starts_at, ticks()) == ("booked", FIRST, 12)
