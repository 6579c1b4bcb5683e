"""A department reads how far somebody is only while they allow it."""

import re

import pytest

from app.enrollment.department.models import Seat, department_token
from app.extensions import db
from tests.classroom.conftest import Learner, enroll
from tests.races import fresh_rows

SHARED = "1 of 3 lessons done"


@pytest.fixture
def grace(app, clock, lessons, cohort) -> Learner:
    """With a place that her department paid for; she has done one lesson of three."""
    place = enroll("grace@example.org", cohort)
    place.order.seats = place.order.seats_held = 2
    Seat.make_for(place.order)
    db.session.flush()
    Seat.in_order(place.order, 1).take(place)
    db.session.commit()
    grace = Learner(app, "grace@example.org")
    assert grace.post("first/stand/completion").status_code in (200, 303)
    return grace


def department_page(app) -> str:
    with fresh_rows():
        order = db.session.scalars(db.select(Seat)).first().order
        path = f"/course/department/{department_token(order)}"
    with fresh_rows():
        return app.test_client().get(path).text


def tick(learner: Learner, shared: str, path: str = "") -> int:
    page = learner.get().text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    path = path or re.search(r"/learn/places/\d+/sharing", page)[0]
    with fresh_rows():
        return learner.client.post(path, data={"csrf_token": token, "shared": shared}).status_code


def test_nothing_is_shown_until_it_is_allowed_and_nothing_after(app, grace):
    assert "lessons done" not in department_page(app)
    assert "does not see how far you are" in grace.get().text
    assert tick(grace, "y") == 303
    assert SHARED in department_page(app)
    assert "Stop showing it" in grace.get().text
    assert tick(grace, "") == 303
    assert "lessons done" not in department_page(app)


def test_nobody_allows_it_for_somebody_else(app, grace, ada):
    path = re.search(r"/learn/places/\d+/sharing", grace.get().text)[0]
    assert "sharing" not in ada.get().text
    assert tick(ada, "y", path) == 404
    assert "lessons done" not in department_page(app)
