"""Programs that look at mail before its reader does: whatever they fetch, nothing changes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData

from app.coaching.answering import call_off, propose
from app.coaching.managing.tasks import sweep_consultations
from app.coaching.models import Consultation
from app.extensions import db
from tests.coaching.conftest import DETAILS

AT = datetime(2026, 12, 2, 1, 30, tzinfo=UTC)


def everything():
    """Each row of each table, to be compared."""
    db.session.rollback()
    tables = MetaData()
    tables.reflect(db.engine)
    return {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables.sorted_tables}


@pytest.fixture
def letters(ask, book, client, coach, consultations, mail, frozen):
    """One of each mail that a consultation is the occasion of."""
    for email in ("ada@example.org", "grace@example.org"):
        for slots in (["2026-12-07T13:00Z"], ["2026-12-08T13:00Z"]):
            assert (
                ask(email=email, slot=slots if email[0] == "a" else [slots[0].replace("13", "18")]).status_code == 303
            )
    book(email="joan@example.org")
    first, second, third, _, booked = (Consultation.for_update(row.id) for row in consultations())
    propose(first, coach, [AT + timedelta(days=1)])
    call_off(second, "Away.")
    db.session.commit()
    assert client.post("/coaching/links", data={"email": "grace@example.org"}).status_code == 303
    frozen.advance(hours=49)
    sweep_consultations.call_local()
    for hours in (24, 1):
        frozen.time = AT - timedelta(hours=hours)
        sweep_consultations.call_local()
    Consultation.for_update(third.id).cancel()
    call_off(Consultation.for_update(booked.id), "Ill.")
    db.session.commit()
    found = mail.all
    assert {email.template.partition("/")[2] for email in found} >= {
        *("consultation_requested", "new_request", "consultation_booked", "new_booking", "times_proposed"),
        *("consultation_declined", "consultation_links", "hold_lapsed", "request_lapsed", "reminder_of_day"),
        *("reminder_of_hour", "consultation_called_off", "booking_called_off"),
    }
    return found


def test_every_link_of_every_mail_can_be_fetched_and_changes_nothing(letters, client):
    links = {
        link for email in letters for link in re.findall(r"http://localhost:8000(/[^\s\"<)]*)", email.body + email.html)
    }
    assert sum("/coaching/consultations/" in link for link in links) >= 5
    before = everything()
    for link in links:
        for path in (link, *(f"{link}{page}" for page in ("/reschedule", "/times") if "/consultations/W" in link)):
            for method in (client.get, client.head):
                assert method(path).status_code in (200, 302, 303), path
    assert everything() == before


def test_a_stranger_with_a_link_of_their_own_reaches_no_other_consultation(ask, client, mail, consultations):
    ask(goals="Adas own matter")
    ask(email="grace@example.org", goals="Graces own matter", slot="2026-12-07T13:00Z", time_zone="UTC")
    ada, grace = consultations()
    token = grace.link_token
    other = Consultation.from_link(token)
    assert other.id == grace.id
    before = repr((ada.state, ada.goals, ada.starts_at, ada.changed_at))
    path = f"/coaching/consultations/{token}"
    client.post(f"{path}/details", data=DETAILS | {"goals": "Changed", "id": str(ada.id)})
    client.post(f"{path}/acceptance", data={"slot": "2026-12-02T01:30Z"})
    client.post(f"{path}/reschedule", data={"slot": "2026-12-02T01:30Z"})
    assert "Adas" not in client.get(path).text + client.get(f"{path}/reschedule").text
    client.post(f"{path}/cancellation")
    ada, grace = consultations()
    assert repr((ada.state, ada.goals, ada.starts_at, ada.changed_at)) == before
    assert grace.state == "cancelled"
