from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.coaching import content
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.models import Consultation
from app.coaching.offer import CoachingOffer
from app.extensions import db
from app.followups import Sequence, SequenceStep
from tests.coaching.private_link import private_link
from tests.conftest import Clock, Mail

STARTER = Path(content.__file__).parent.parent / "starter"

# The frozen clock says 2026-11-23 09:00 UTC.
REQUEST = {
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "career_stage": "mid-career",
    "topics": ["negotiation", "finding-a-mentor"],
    "goals": "Whether to say yes to the director role.",
    "time_zone": "America/Chicago",
    "slot": ["2026-12-02T01:30Z", "2026-12-03T13:00Z"],
}

# What the form on the private page sends.
DETAILS = {name: REQUEST[name] for name in ("name", "career_stage", "topics", "goals", "time_zone")}

Ask = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def frozen(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def offer(app: Flask) -> CoachingOffer:
    """The starter's offer with a coach who never sleeps, and the sequence that follows a request."""
    content.import_from(STARTER)
    coach = db.session.scalars(select(Coach)).one()
    coach.name, coach.location, coach.most_per_day = "Robin Park", "https://talk.example.org/robin", None
    coach.weekly_hours = [WeeklyHours(weekday=day, start_minute=0, end_minute=1440) for day in range(7)]
    step = SequenceStep(position=0, slug="before", subject="Before we talk", delay_hours=24, body="See {manage_url}")
    start = {"name": "consultation-requested", "starts_on": "consultation requested"}
    db.session.add(Sequence(title="After", purpose="coaching", steps=[step], **start))
    db.session.commit()
    return db.session.scalars(select(CoachingOffer)).one()


@pytest.fixture
def ask(offer: CoachingOffer, client: FlaskClient) -> Ask:
    """Sends the request form, with some fields changed or, given None, left out."""

    def send(**changed: object) -> TestResponse:
        data = {name: value for name, value in (REQUEST | changed).items() if value is not None}
        return client.post("/coaching/request", data=data)

    return send


@pytest.fixture
def coach(offer: CoachingOffer) -> Coach:
    """Free at all hours, with fifteen minutes between two consultations."""
    return db.session.scalars(select(Coach)).one()


@pytest.fixture
def book(offer: CoachingOffer, client: FlaskClient) -> Ask:
    """Sends the booking form for a free time, with some fields changed or, given None, left out."""

    def send(**changed: object) -> TestResponse:
        data = REQUEST | {"slot": "2026-12-02T01:30Z"} | changed
        return client.post("/coaching/book", data={name: value for name, value in data.items() if value is not None})

    return send


@pytest.fixture
def consultations(app: Flask) -> Callable[[], list[Consultation]]:
    """All there are, read anew."""

    def read() -> list[Consultation]:
        db.session.rollback()
        db.session.expire_all()
        return list(db.session.scalars(select(Consultation).order_by(Consultation.id)))

    return read


@pytest.fixture
def link(ask: Ask, mail: Mail) -> str:
    """The private link of a consultation that Ada asked for, as a path."""
    ask()
    return private_link(mail.to("ada@example.org")[0])
