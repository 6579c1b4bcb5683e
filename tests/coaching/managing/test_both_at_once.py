"""A coach and a person who act on one consultation at the same moment, each in a transaction of their own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import event, func, select

from app.coaching.answering import call_off, confirm
from app.coaching.booking.held import NotHeld
from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.managing.choosing import take_free_time
from app.coaching.managing.lapsing import let_lapse
from app.coaching.models import Consultation
from app.coaching.refusals import AlreadyOver
from app.extensions import db

ADA = "ada@example.org"
FIRST, OTHER = datetime(2026, 12, 2, 1, 30, tzinfo=UTC), datetime(2026, 12, 9, 15, 0, tzinfo=UTC)


def cancel(consultation):
    return consultation.cancel("no need")


def lapse(consultation):
    return let_lapse(consultation.id)


def book_another(consultation):
    take_free_time(consultation, OTHER)


def decline(consultation):
    call_off(consultation, "Away.")


@pytest.fixture
def together(app, ask, consultations):
    ask()
    number = consultations()[0].id
    db.session.rollback()

    def do(*acts):
        start = Barrier(len(acts))

        def one(act):
            with app.app_context():
                start.wait()
                try:
                    act(Consultation.for_update(number))
                except (AlreadyOver, NotHeld) as told:
                    db.session.rollback()
                    return type(told)
                db.session.commit()
                return None

        with ThreadPoolExecutor(len(acts)) as crowd:
            return list(crowd.map(one, acts))

    return do


def confirm_first(consultation):
    confirm(consultation, FIRST)


def ticks():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ReservedTick))


@pytest.mark.parametrize("order", [(confirm_first, cancel), (cancel, confirm_first)])
def test_a_coach_who_confirms_while_the_person_cancels_learns_so_and_no_time_stays_taken(
    together, consultations, order
):
    told = together(*order)
    assert consultations()[0].state == "cancelled"
    assert ticks() == 0
    assert told.count(AlreadyOver) <= 1


def test_a_coach_confirms_and_the_person_books_another_time_and_one_time_is_left(together, consultations):
    told = together(confirm_first, book_another)
    (consultation,) = consultations()
    assert (consultation.state, consultation.starts_at) == ("booked", OTHER)
    assert ticks() == 12
    assert told[1] is None


def test_of_two_coaches_one_answers(together, consultations, mail):
    told = together(confirm_first, decline, decline)
    assert consultations()[0].state == "cancelled"
    assert ticks() == 0
    assert told.count(AlreadyOver) >= 1
    assert len(mail.to(ADA, "coaching/consultation_declined") + mail.to(ADA, "coaching/consultation_called_off")) == 1


def test_what_lapses_for_two_workers_is_told_once(together, consultations, mail, frozen):
    frozen.advance(hours=48)
    together(lapse, lapse, lapse)
    assert len(mail.to(ADA, "coaching/hold_lapsed")) == 1
    assert ticks() == 0


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # On SQLite one writes at a time.
def test_what_lapsed_and_was_freed_while_the_coach_confirms_is_not_held(app, ask, consultations, frozen):
    ask()
    number = consultations()[0].id
    consultation = Consultation.for_update(number)

    deadline = consultation.held_until

    def free():
        with app.app_context():
            ReservedTime.let_go_lapsed()
            db.session.commit()

    def free_before_the_coach_is_locked(_connection, _cursor, statement, *_):
        if "FROM coach" in statement and "FOR NO KEY UPDATE" in statement and frozen.time < deadline:
            frozen.time = deadline
            with ThreadPoolExecutor(1) as another:
                another.submit(free).result()

    event.listen(db.engine, "before_cursor_execute", free_before_the_coach_is_locked)
    with pytest.raises(NotHeld):
        confirm(consultation, FIRST)
    event.remove(db.engine, "before_cursor_execute", free_before_the_coach_is_locked)
    assert frozen.time == deadline
    db.session.rollback()
    assert consultations()[0].state == "requested"
