"""What many do at the same moment, each in a thread and a transaction of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask

from app.extensions import db
from app.people.models import Person
from tests.coaching.conftest import REQUEST

CROWD = 10


def all_at_once(app: Flask, post: Callable[[object, int], object]) -> list[int]:
    """The status each of a crowd gets for what it posts through a client of its own."""
    db.session.rollback()  # The test itself must hold no lock while the others write.
    start = Barrier(CROWD)

    def one(number: int) -> int:
        client = app.test_client()
        start.wait()
        return post(client, number).status_code  # type: ignore[attr-defined]

    with ThreadPoolExecutor(CROWD) as crowd:
        return list(crowd.map(one, range(CROWD)))


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
    statuses = all_at_once(
        app, lambda client, number: client.post("/coaching/request", data=REQUEST | {"goals": f"goal {number}"})
    )
    assert statuses == [303] * CROWD
    assert len(consultations()) == 3
    assert len(mail.to("ada@example.org", "coaching/requests_full")) == 1


def test_ten_cancellations_tell_everybody_once(app, link, mail, consultations):
    statuses = all_at_once(app, lambda client, _: client.post(link + "/cancellation"))
    assert statuses == [303] * CROWD
    assert len(mail.to("ada@example.org", "coaching/consultation_cancelled")) == 1


def test_ten_changes_end_as_one_of_them(app, link, consultations):
    def change(client, number):
        data = {"goals": f"goal {number}", "time_zone": "UTC", "time_1": f"2026-12-1{number}T10:00"}
        return client.post(link + "/details", data=data)

    assert all_at_once(app, change) == [303] * CROWD
    (consultation,) = consultations()
    (time,) = consultation.preferred_times
    assert time.wall_time == f"2026-12-1{consultation.goals[-1]}T10:00"


def test_ten_pleas_for_links_send_one_mail(app, link, mail):
    all_at_once(app, lambda client, _: client.post("/coaching/links", data={"email": "ada@example.org"}))
    assert len(mail.to("ada@example.org", "coaching/consultation_links")) == 1
