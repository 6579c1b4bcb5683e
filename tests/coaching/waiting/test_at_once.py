"""Workers and people at the same moment: each in a thread and a transaction of its own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.fields import slot_value
from app.coaching.waiting.offers import SlotOffer
from app.coaching.waiting.tasks import sweep_waiting_list
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.coaching.conftest import REQUEST
from tests.coaching.waiting.conftest import FIRST, TAKING, WAITING, path_in
from tests.races import in_thread, nth, stopped_before, wait_until_blocked

CROWD = 8


def at_once(app: Flask, *deeds: Callable[[object], object]) -> list[object]:
    """What each of the deeds gives, begun together, each with a client of its own."""
    db.session.rollback()  # The test itself must hold no lock while the others write.
    start = Barrier(len(deeds))

    def one(deed: Callable[[object], object]) -> object:
        with app.app_context():
            start.wait()
            return deed(app.test_client())

    with ThreadPoolExecutor(len(deeds)) as crowd:
        return list(crowd.map(one, deeds))


def sweeping(_client: object) -> None:
    sweep_waiting_list.call_local()


def booking(number: int) -> Callable[[object], int]:
    data = REQUEST | {"slot": slot_value(FIRST), "email": f"picker{number}@example.org"}
    return lambda client: client.post("/coaching/book", data=data).status_code  # type: ignore[attr-defined]


def standing_ticks() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(ReservedTick.tick)))


def test_workers_at_once_offer_each_opening_once(app, wait, opens, offers, mail):
    line = [wait(f"waiting{number}@example.org") and f"waiting{number}@example.org" for number in range(4)]
    opens(3)
    at_once(app, *[sweeping] * 4)
    told = offers()
    assert sorted(told) == [(line[number], FIRST + timedelta(hours=number)) for number in range(3)]
    assert Counter(email.to_address for email in mail.all if email.template == "coaching/slot_offered") == Counter(
        email for email, _ in told
    )


def test_workers_at_once_count_a_lapse_once(app, wait, opens, sweep, clock, entries):
    wait()
    opens()
    sweep()
    clock.advance(hours=4)
    at_once(app, *[sweeping] * 4)
    assert entries()[0].unanswered == 1


def test_a_worker_and_a_crowd_in_the_picker_give_an_opening_to_one(app, wait, opens, offers, consultations):
    wait()
    opens()
    statuses = at_once(app, sweeping, *[booking(number) for number in range(CROWD)])[1:]
    booked = len(consultations())
    assert booked + len(offers()) == 1
    assert Counter(statuses) == Counter({303: booked, 409: CROWD - booked}) - Counter({303: 0})
    assert len(standing_ticks()) == 12


def test_taking_it_ten_times_at_once_books_once(app, wait, opens, sweep, offer_link, consultations, mail):
    wait()
    opens()
    sweep()
    link = offer_link()
    statuses = at_once(app, *[lambda client: client.post(link, data=TAKING).status_code] * 10)
    assert statuses == [303] * 10
    assert len(consultations()) == 1
    assert len(mail.to("ada@example.org", "coaching/consultation_booked")) == 1


def test_taking_and_declining_at_once_end_as_one_of_them(app, wait, opens, sweep, offer_link, consultations):
    wait()
    opens()
    sweep()
    link = offer_link()
    take = [lambda client: client.post(link, data=TAKING).status_code] * 3
    decline = [lambda client: client.post(f"{link}/refusal").status_code] * 3
    statuses = at_once(app, *take, *decline)
    assert set(statuses) <= {303, 409}
    booked = consultations()
    offer = db.session.scalars(select(SlotOffer)).one()
    assert (offer.taken_at is None) != (offer.declined_at is None)
    assert bool(booked) == bool(offer.taken_at)
    assert len(standing_ticks()) == (12 if booked else 0)


def test_at_its_end_a_hold_is_taken_by_whom_it_is_held_for_or_by_others(
    app, wait, opens, sweep, offer_link, consultations, clock
):
    """The clock stands at the very end: who holds it is late, and a crowd, a worker and they try all the same."""
    wait()
    opens()
    sweep()
    link = offer_link()
    clock.advance(hours=4)
    take = lambda client: client.post(link, data=TAKING).status_code  # noqa: E731
    statuses = at_once(app, take, sweeping, *[booking(number) for number in range(CROWD)])
    assert statuses[0] == 409
    assert Counter(statuses[2:]) == Counter({303: 1, 409: CROWD - 1})
    assert len(consultations()) == 1
    assert db.session.scalar(select(func.count()).select_from(ReservedTime)) == 1


def test_confirming_ten_times_at_once_is_one_place(app, join, mail, entries):
    join()
    link = path_in(mail.to("ada@example.org")[0], "entries")
    at_once(app, *[lambda client: client.post(f"{link}/confirmation")] * 10)
    assert [entry.state for entry in entries()] == ["waiting"]


def test_joining_ten_times_at_once_is_one_wish_and_one_mail(app, shut, mail, entries):
    statuses = at_once(app, *[lambda client: client.post("/coaching/waiting", data=WAITING).status_code] * 10)
    assert statuses == [303] * 10
    assert len(entries()) == 1
    assert len(mail.to("ada@example.org")) == 1


def test_who_leaves_while_a_worker_makes_an_offer_leaves_nothing_held(app, wait, opens, offers):
    link = wait()
    opens()
    db.session.rollback()
    outcomes = {}

    def in_app(deed):
        with app.app_context():
            return deed(app.test_client())

    with stopped_before("before_cursor_execute", "worker", nth(1, "INSERT INTO slot_offer")) as turnstile:
        worker = in_thread("worker", lambda: in_app(sweeping), outcomes)
        assert turnstile.arrived.wait(30)
        leaver = in_thread("leaver", lambda: in_app(lambda client: client.post(f"{link}/departure")), outcomes)
        if db.engine.dialect.name == "postgresql":
            wait_until_blocked()
        turnstile.open.set()
        worker.join()
        leaver.join()
    assert outcomes["leaver"].status_code == 303
    assert len(offers()) == 1
    assert standing_ticks() == []
    assert db.session.scalars(select(SlotOffer.id).where(SlotOffer.unanswered())).all() == []


# SQLite has one writer at a time: nobody is erased in the midst of a request.
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["waiting_entry", "FOR NO KEY UPDATE"])
def test_a_link_whose_person_is_erased_at_that_moment_leads_nowhere(app, wait, opens, sweep, offer_link, statement):
    wait()
    opens()
    sweep()
    link = offer_link("ada@example.org")
    outcomes = {}
    with stopped_before("before_cursor_execute", "decliner", nth(1, statement)) as turnstile:
        decline = lambda: app.test_client().post(f"{link}/refusal").status_code  # noqa: E731
        decliner = in_thread("decliner", decline, outcomes)
        assert turnstile.arrived.wait(30)
        records.erase(Person.with_email("ada@example.org"))
        db.session.commit()
        turnstile.open.set()
        decliner.join()
    assert outcomes == {"decliner": 404}


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_who_is_erased_while_they_join_comes_back_as_somebody_new(app, shut, mail, entries):
    Person.at("ada@example.org")
    db.session.commit()
    outcomes = {}
    with stopped_before("before_cursor_execute", "joiner", nth(1, "FOR NO KEY UPDATE")) as turnstile:
        join = lambda: app.test_client().post("/coaching/waiting", data=WAITING).status_code  # noqa: E731
        joiner = in_thread("joiner", join, outcomes)
        assert turnstile.arrived.wait(30)
        records.erase(Person.with_email("ada@example.org"))
        db.session.commit()
        turnstile.open.set()
        joiner.join()
    assert outcomes == {"joiner": 303}
    assert [entry.person.email for entry in entries()] == ["ada@example.org"]
    assert mail.recipients == ["ada@example.org"]
