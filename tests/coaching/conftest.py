from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.coaching import content
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
    "time_1": "2026-12-01T19:30",
    "time_2": "2026-12-03T07:00",
    "time_3": "",
}

Ask = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def frozen(clock: Clock) -> Clock:
    return clock


@pytest.fixture
def offer(app: Flask) -> CoachingOffer:
    """The starter's offer, and the sequence that follows a request."""
    content.import_from(STARTER)
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
