import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach, DateOverride
from app.coaching.waiting.models import WaitingEntry
from app.coaching.waiting.offers import SlotOffer
from app.coaching.waiting.tasks import sweep_waiting_list
from app.extensions import db
from app.outbox import Email
from tests.conftest import Mail

# What a coach who is free at no other time has: three conversations, one after the other, on a Wednesday. The frozen
# clock says Monday, 2026-11-23 09:00 UTC; the coach's and the first visitors' is New York's, where it is 4 AM.
DAY = datetime(2026, 12, 2, tzinfo=UTC).date()
FIRST = datetime(2026, 12, 2, 15, tzinfo=UTC)  # 10 AM in New York.
SECOND = FIRST + timedelta(hours=1)
WAITING = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "kind": "consultation",
    "weekdays": ["0", "1", "2", "3", "4"],
    "day_parts": ["day"],
    "time_zone": "America/New_York",
    "also_at_night": "y",
}
TAKING = {
    "name": "Ada Lovelace",
    "career_stage": "mid-career",
    "topics": ["negotiation"],
    "time_zone": "America/New_York",
}


def path_in(email: Email, kind: str) -> str:
    """The path of the private link of a kind, "entries" or "offers", in a mail; its text and its HTML agree on it."""
    found = re.search(rf"http://localhost:8000(/coaching/waiting/{kind}/\S+)", email.body)
    assert found, email.body
    assert f'href="http://localhost:8000{found[1]}"' in email.html
    return found[1]


@pytest.fixture
def kind(offer) -> ConsultationKind:
    return db.session.scalars(select(ConsultationKind).filter_by(slug="consultation")).one()


@pytest.fixture
def shut(coach: Coach) -> Coach:
    """The coach, with no hours at all."""
    coach.weekly_hours = []
    db.session.commit()
    return coach


@pytest.fixture
def opens(shut: Coach) -> Callable[..., None]:
    """Opens so many conversations, one after the other, from 10 AM in New York on."""

    def open_up(count: int = 1, day=DAY) -> None:
        # The last one's buffer needs no hours.
        ends = 600 + 60 * count - 15
        shut.date_overrides.append(DateOverride(day=day, is_extra=True, start_minute=600, end_minute=ends))
        db.session.commit()

    return open_up


@pytest.fixture
def join(client: FlaskClient, shut: Coach) -> Callable[..., TestResponse]:
    """Sends the form of the waiting list."""

    def send(email: str = "ada@example.org", **changed: object) -> TestResponse:
        data = {name: value for name, value in (WAITING | {"email": email} | changed).items() if value is not None}
        return client.post("/coaching/waiting", data=data)

    return send


@pytest.fixture
def wait(join, client: FlaskClient, mail: Mail, clock) -> Callable[..., str]:
    """Gets somebody in line, by the mailed link; the path of the link."""

    def get_in_line(email: str = "ada@example.org", **changed: object) -> str:
        assert join(email, anyway="y", **changed).status_code == 303
        link = path_in(mail.to(email, "coaching/waiting_asked")[-1], "entries")
        assert client.post(f"{link}/confirmation").status_code == 303
        clock.advance(seconds=1)
        return link

    return get_in_line


@pytest.fixture
def sweep(app) -> Callable[[], None]:
    """What the worker does each minute."""

    def run() -> None:
        db.session.rollback()
        sweep_waiting_list.call_local()

    return run


@pytest.fixture
def offers(app) -> Callable[[], list[tuple[str, datetime]]]:
    """Who was offered which time, in that order."""

    def read() -> list[tuple[str, datetime]]:
        db.session.rollback()
        db.session.expire_all()
        rows = db.session.scalars(select(SlotOffer).order_by(SlotOffer.id))
        return [(row.entry.person.email, row.starts_at) for row in rows]

    return read


@pytest.fixture
def entries(app) -> Callable[[], list[WaitingEntry]]:
    def read() -> list[WaitingEntry]:
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(select(WaitingEntry).order_by(WaitingEntry.id)))

    return read


@pytest.fixture
def offer_link(mail: Mail) -> Callable[[str], str]:
    """The path of the newest offer's link to somebody."""
    return lambda email="ada@example.org": path_in(mail.to(email, "coaching/slot_offered")[-1], "offers")


@pytest.fixture
def take(client: FlaskClient) -> Callable[..., TestResponse]:
    """Sends the intake of an offer."""

    def send(link: str, **changed: object) -> TestResponse:
        data = {name: value for name, value in (TAKING | changed).items() if value is not None}
        return client.post(link, data=data)

    return send
