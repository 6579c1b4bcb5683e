"""What many do at the same moment, each in a thread and a transaction of its own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.extensions import db
from app.people.models import Person
from tests.coaching.conftest import DETAILS, REQUEST

CROWD = 10
# More than that the server lets nobody in at once, however many are at the door.
WEB_THREADS = 64


def all_at_once(app: Flask, post: Callable[[FlaskClient, int], TestResponse], crowd: int = CROWD) -> list[int]:
    """The status each of a crowd gets for what it posts through a client of its own."""
    db.session.rollback()  # The test itself must hold no lock while the others write.
    start = Barrier(min(crowd, WEB_THREADS))

    def one(number: int) -> int:
        client = app.test_client()
        if number < WEB_THREADS:
            start.wait()
        return post(client, number).status_code

    with ThreadPoolExecutor(WEB_THREADS) as threads:
        return list(threads.map(one, range(crowd)))


def rush(app: Flask, path: str, slots_of: Callable[[int], list[str]], crowd: int) -> Counter[int]:
    """How many of a crowd of different people, who all post at once, get which status."""

    def post(client: FlaskClient, number: int) -> TestResponse:
        data = REQUEST | {"email": f"p{number}@example.org", "slot": slots_of(number)}
        return client.post(path, data=data)

    return Counter(all_at_once(app, post, crowd))


def ticks_and_what_they_should_be() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The ticks in the database, and those that the reservations there take, both in order."""
    db.session.rollback()
    reserved = db.session.scalars(select(ReservedTime)).all()
    kept = db.session.execute(select(ReservedTick.coach_id, ReservedTick.tick)).all()
    return sorted(map(tuple, kept)), sorted({(time.coach_id, tick) for time in reserved for tick in time.ticks})


@pytest.fixture
def few_hours(coach: Coach) -> None:
    """As most coaches have them, so that the page everybody is answered with is of the usual length."""
    coach.weekly_hours = [WeeklyHours(weekday=1, start_minute=18 * 60, end_minute=22 * 60)]
    db.session.commit()


def test_of_two_hundred_who_want_one_time_one_gets_it_and_all_are_answered(app, few_hours, mail, consultations):
    assert rush(app, "/coaching/book", lambda _: ["2026-12-02T01:30Z"], 200) == {303: 1, 409: 199}
    (consultation,) = consultations()
    assert consultation.state == "booked"
    assert mail.recipients == [consultation.person.email, "owner@doctor.example.org"]
    kept, expected = ticks_and_what_they_should_be()
    assert kept == expected


def test_of_many_who_want_times_that_overlap_those_get_one_that_lie_apart(app, offer, consultations):
    # Half an hour from one to the next, an hour each with its buffer.
    slots = [f"2026-12-02T{hour:02}:{minute}Z" for hour in range(14, 18) for minute in ("00", "30")]
    answers = rush(app, "/coaching/book", lambda number: [slots[number % len(slots)]], 64)
    assert answers.keys() == {303, 409}
    booked = sorted(consultation.starts_at for consultation in consultations())
    assert len(booked) == answers[303] >= 3
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(booked))
    kept, expected = ticks_and_what_they_should_be()
    assert kept == expected


def test_of_many_who_offer_three_times_nobody_holds_what_another_holds(app, offer, consultations):
    slots = [f"2026-12-02T{hour:02}:00Z" for hour in range(12, 22)]
    answers = rush(app, "/coaching/request", lambda number: [slots[(number + step) % 10] for step in (0, 3, 7)], 64)
    assert answers.keys() == {303, 409}
    held = [time.starts_at for consultation in consultations() for time in consultation.held_times]
    assert len(held) == len(set(held)) == 3 * answers[303]
    kept, expected = ticks_and_what_they_should_be()
    assert kept == expected


@pytest.mark.parametrize("known", [False, True])
def test_ten_identical_requests_are_one_consultation(app, offer, mail, consultations, known):
    if known:
        Person.at("ada@example.org")
        db.session.commit()
    statuses = all_at_once(app, lambda client, _: client.post("/coaching/request", data=REQUEST))
    assert statuses == [303] * CROWD
    assert len(consultations()) == 1
    assert [email.template for email in mail.all] == ["coaching/consultation_requested", "coaching/new_request"]


def test_ten_requests_with_the_newsletter_ticked_end_well(app, offer, mail, consultations):
    data = REQUEST | {"newsletter": "y"}
    statuses = all_at_once(app, lambda client, _: client.post("/coaching/request", data=data))
    assert statuses == [303] * CROWD
    assert len(consultations()) == 1
    assert len(mail.to("ada@example.org", "newsletter/confirm_subscription")) == 1


def test_ten_different_requests_leave_no_more_open_than_anybody_may_have(app, offer, mail, consultations):
    def ask(client, number):
        asked = {"goals": f"goal {number}", "no_preference": "y", "slot": []}
        return client.post("/coaching/request", data=REQUEST | asked)

    assert all_at_once(app, ask) == [303] * CROWD
    assert len(consultations()) == 3
    assert len(mail.to("ada@example.org", "coaching/requests_full")) == 1


def test_ten_cancellations_tell_everybody_once(app, link, mail, consultations):
    statuses = all_at_once(app, lambda client, _: client.post(link + "/cancellation"))
    assert statuses == [303] * CROWD
    assert len(mail.to("ada@example.org", "coaching/consultation_cancelled")) == 1


@pytest.mark.parametrize("known", [False, True])
def test_ten_identical_bookings_are_one_and_all_see_it(app, offer, mail, consultations, known):
    if known:
        Person.at("ada@example.org")
        db.session.commit()
    data = REQUEST | {"slot": "2026-12-02T01:30Z"}
    statuses = all_at_once(app, lambda client, _: client.post("/coaching/book", data=data))
    assert statuses == [303] * CROWD
    assert len(consultations()) == 1
    assert len(mail.all) == 2


def test_ten_changes_end_as_one_of_them(app, link, consultations):
    zones = ["Europe/Paris", "Europe/Rome"]

    def change(client, number):
        data = DETAILS | {"goals": f"goal {number % 2}", "time_zone": zones[number % 2]}
        return client.post(link + "/details", data=data)

    assert all_at_once(app, change) == [303] * CROWD
    (consultation,) = consultations()
    assert consultation.time_zone == zones[int(consultation.goals[-1])]


def test_ten_pleas_for_links_send_one_mail(app, link, mail):
    all_at_once(app, lambda client, _: client.post("/coaching/links", data={"email": "ada@example.org"}))
    assert len(mail.to("ada@example.org", "coaching/consultation_links")) == 1
