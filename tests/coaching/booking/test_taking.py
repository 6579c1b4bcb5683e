"""A time goes to one consultation, buffers included, whoever asks in whatever order."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import BusyTime, Coach, WeeklyHours
from app.coaching.booking.moving import move
from app.coaching.booking.reserved import ReservedTick, ReservedTime, SlotTaken
from app.coaching.booking.taking import NotOffered, take
from app.extensions import db

AT = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def kind(offer):
    return db.session.scalars(select(ConsultationKind).filter_by(slug="consultation")).one()


@pytest.fixture
def second_coach(coach):
    second = Coach(slug="second", name="Sam Second", time_zone="America/New_York", position=2)
    second.weekly_hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    db.session.add(second)
    db.session.commit()
    return second


def ticks():
    return db.session.scalar(select(func.count()).select_from(ReservedTick))


def test_a_time_takes_its_buffers_too(coach, kind):
    take(kind, AT)
    assert ticks() == (45 + 15) // 5
    for minutes in (-30, 0, 30):
        with pytest.raises(SlotTaken):
            take(kind, AT + timedelta(minutes=minutes))
    take(kind, AT + timedelta(minutes=60))
    take(kind, AT - timedelta(minutes=60))


@pytest.mark.parametrize("at", [AT + timedelta(minutes=7), AT - timedelta(days=30), AT + timedelta(days=300)])
def test_a_time_that_never_was_on_offer_is_told_apart_from_one_that_is_gone(coach, kind, at):
    with pytest.raises(NotOffered):
        take(kind, at)
    assert ticks() == 0


def test_the_schema_alone_keeps_two_from_one_time(coach, kind):
    ReservedTime.make(coach, kind, AT)
    with pytest.raises(SlotTaken):
        ReservedTime.make(coach, kind, AT + timedelta(minutes=55))
    assert ticks() == 12
    ReservedTime.make(coach, kind, AT + timedelta(minutes=60))


def test_a_time_that_starts_between_ticks_takes_those_it_touches(coach, kind):
    ReservedTime.make(coach, kind, AT + timedelta(minutes=2))
    assert ticks() == 13
    with pytest.raises(SlotTaken):
        ReservedTime.make(coach, kind, AT + timedelta(minutes=60))


def test_what_is_busy_is_not_free(coach, kind):
    db.session.add(BusyTime(coach_id=coach.id, starts_at=AT + timedelta(minutes=50), ends_at=AT + timedelta(hours=2)))
    with pytest.raises(SlotTaken):
        take(kind, AT)


def test_the_most_a_day_counts_for_different_times(coach, kind):
    coach.most_per_day = 1
    take(kind, AT)
    with pytest.raises(SlotTaken):
        take(kind, AT - timedelta(hours=3))
    take(kind, AT + timedelta(hours=6))  # Tomorrow, in New York.


def test_what_is_held_is_free_once_its_time_is_over(coach, kind, clock):
    take(kind, AT, held_until=clock() + timedelta(hours=1))
    with pytest.raises(SlotTaken):
        take(kind, AT)
    clock.advance(hours=1)
    take(kind, AT)
    assert ticks() == 12


def test_an_open_choice_goes_to_the_free_coach_with_the_fewest(coach, second_coach, kind):
    take(kind, AT - timedelta(days=1), coach.id)
    assert take(kind, AT).coach is second_coach
    assert take(kind, AT).coach is coach
    with pytest.raises(SlotTaken):
        take(kind, AT)


def test_a_time_can_move_onto_its_own_buffer_and_stays_when_it_cannot(coach, kind):
    first = take(kind, AT)
    moved = take(kind, AT + timedelta(minutes=30), instead_of=[first])
    assert ticks() == 12
    other = take(kind, AT + timedelta(hours=3))
    with pytest.raises(SlotTaken):
        take(kind, other.starts_at, instead_of=[moved])
    assert db.session.scalars(select(ReservedTime.starts_at).order_by(ReservedTime.starts_at)).all() == [
        AT + timedelta(minutes=30),
        AT + timedelta(hours=3),
    ]


def test_reading_the_free_times_asks_each_table_once(coach, second_coach, client, queries):
    with queries() as sent:
        assert client.get("/coaching/book").status_code == 200
    tables = [found[1] for statement in sent if (found := re.search(r"\sFROM\s+(\w+)", statement))]
    assert {"coach", "coaching_offer", "reserved_time", "busy_time"} <= set(tables)
    assert sorted(tables) == sorted(set(tables))


def test_booking_and_moving_in_a_browser(book, client, consultations, mail):
    answer = book()
    assert answer.status_code == 303
    [consultation] = consultations()
    assert (consultation.state, consultation.starts_at, consultation.coach.name) == ("booked", AT, "Robin Park")
    assert "7:30 PM CST" in mail.to("ada@example.org", "coaching/consultation_booked")[0].body
    assert "8:30 PM EST" in mail.to("owner@doctor.example.org", "coaching/new_booking")[0].body
    page = client.get(answer.location)
    assert "7:30 PM CST" in page.text
    assert "on its way to the address you gave" in page.text
    mailed = client.get(f"/coaching/consultations/{consultation.link_token}")
    assert "on its way" not in mailed.text
    assert move(consultation, AT + timedelta(hours=5))
    db.session.commit()
    assert consultation.calendar_sequence == 1
    assert ticks() == 12
    assert not move(consultation, AT + timedelta(hours=5))


def test_the_link_in_the_browser_does_not_show_whose_the_address_is(book, client, consultations):
    link = book().location
    client.post(f"{link}/cancellation", data={})
    [consultation] = consultations()
    assert consultation.state == "cancelled"
    assert (consultation.person.name, consultation.person.last_seen_at) == ("", None)
    assert ticks() == 0


def test_what_one_holds_with_one_coach_keeps_others_from_all_of_another_coachs_time(coach, second_coach, kind, clock):
    until = clock() + timedelta(hours=1)
    first = take(kind, AT, coach.id, held_until=until)
    take(kind, AT + timedelta(minutes=30), second_coach.id, held_until=until, beside=[first])
    assert ticks() == 12 + 12
