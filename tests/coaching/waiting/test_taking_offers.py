"""Taking what is held, or being too late for it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.coaching.booking.reserved import ReservedTick, ReservedTime
from app.coaching.fields import slot_value
from app.coaching.waiting.offers import SlotOffer
from app.extensions import db
from app.people.models import Person
from tests.coaching.waiting.conftest import DAY, FIRST

ADA, GRACE = "ada@example.org", "grace@example.org"


@pytest.fixture
def offered(wait, opens, sweep, offer_link):
    """The link of what is held for Ada; Grace is next."""
    wait(ADA)
    wait(GRACE)
    opens()
    sweep()
    return offer_link(ADA)


def reserved():
    return db.session.execute(select(ReservedTime.starts_at, ReservedTime.held_until)).all()


def test_the_page_is_filled_in_with_what_is_known_from_the_list_only(offered, client):
    person = Person.with_email(ADA)
    person.name = "Name Of The Person"
    db.session.commit()
    page = client.get(offered).text
    assert "Wednesday, December 2, 2026, 10:00 AM EST" in page
    assert 'value="Ada Lovelace"' in page
    assert "Name Of The Person" not in page
    assert 'name="email"' not in page


def test_an_offer_keeps_its_length_when_that_is_changed(offered, client, mail, entries):
    kind = entries()[0].kind
    assert f"Length: {kind.duration_minutes} minutes" in mail.to(ADA, "coaching/slot_offered")[0].body
    kind.duration_minutes = 90
    db.session.commit()
    assert "<dd>45 minutes</dd>" in client.get(offered).text


def test_taking_it_books_exactly_what_is_held(offered, take, consultations, mail, client, entries):
    [(starts_at, _)] = reserved()
    answer = take(offered)
    assert answer.status_code == 303
    [consultation] = consultations()
    assert (consultation.state, consultation.starts_at, consultation.person.email) == ("booked", starts_at, ADA)
    assert reserved() == [(FIRST, None)]
    assert consultation.kind.slug == "consultation"
    assert client.get(answer.location).status_code == 200
    assert len(mail.to(ADA, "coaching/consultation_booked")) == 1
    assert len(mail.to("owner@doctor.example.org", "coaching/new_booking")) == 1
    assert "This time is yours" in client.get(offered).text
    assert [entry.state for entry in entries()] == ["ended", "waiting"]
    assert consultation.person.last_seen_at


def test_taking_it_twice_books_once(offered, take, consultations, mail):
    take(offered)
    again = take(offered, goals="once more")
    assert (again.status_code, again.location) == (303, offered)
    assert len(consultations()) == 1
    assert len(mail.to(ADA, "coaching/consultation_booked")) == 1


def test_what_lapsed_is_told_with_what_is_free(offered, take, consultations, clock, opens, client):
    opens(day=DAY + timedelta(days=1))
    clock.advance(hours=4)
    answer = take(offered, goals="Whether to say yes.", name="Ada L.")
    assert answer.status_code == 409
    assert "not held for you any more" in answer.text
    assert f'value="{slot_value(FIRST + timedelta(days=1))}"' in answer.text
    for typed in (
        "Whether to say yes.",
        'value="Ada L."',
        f'value="{ADA}"',
        'checked id="topics-',
        'action="/coaching/book"',
    ):
        assert typed in answer.text, typed
    assert consultations() == []
    assert "no longer held for you" in client.get(offered).text


def test_what_went_to_the_next_is_not_taken_from_them(offered, take, consultations, clock, sweep, offer_link, offers):
    clock.advance(hours=4)
    sweep()
    assert offers()[-1] == (GRACE, FIRST)
    assert take(offered).status_code == 409
    assert take(offer_link(GRACE)).status_code == 303
    assert [consultation.person.email for consultation in consultations()] == [GRACE]


def test_what_was_taken_in_the_picker_after_it_lapsed_is_gone(offered, take, consultations, clock, book):
    clock.advance(hours=4)
    assert book(email=GRACE, slot=slot_value(FIRST)).status_code == 303
    assert take(offered).status_code == 409
    assert [consultation.person.email for consultation in consultations()] == [GRACE]


def test_what_was_declined_or_taken_cannot_be_answered_otherwise(offered, take, client, consultations):
    client.post(f"{offered}/refusal")
    assert take(offered).status_code == 409
    assert consultations() == []
    db.session.rollback()
    assert reserved() == []
    assert client.post(f"{offered}/refusal").status_code == 303


def test_declining_what_is_booked_changes_nothing(offered, take, client, consultations):
    take(offered)
    assert client.post(f"{offered}/refusal").status_code == 303
    assert consultations()[0].state == "booked"
    assert reserved() == [(FIRST, None)]


def test_looking_at_it_changes_nothing(offered, client):
    before = [tuple(row) for row in db.session.execute(select(SlotOffer.__table__))]
    for _ in range(2):
        assert client.get(offered).status_code == 200
        assert client.head(offered).status_code == 200
        assert client.get(f"{offered}/refusal").location == offered
    assert [tuple(row) for row in db.session.execute(select(SlotOffer.__table__))] == before


BAD = [
    ("name", "", "Tell us what to call you."),
    ("topics", None, "Choose at least one topic."),
    ("topics", ["nope"], "not on offer"),
    ("career_stage", "wizard", "Choose one of the stages"),
    ("time_zone", "Mars/Olympus", "Choose one of the time zones"),
    ("goals", "MRN 12345678", "a record number"),
]


def test_bad_input_says_what_to_do_and_what_is_held_stays_held(offered, take, consultations):
    for field, value, message in BAD:
        answer = take(offered, **{"goals": "kept as typed", field: value})
        assert answer.status_code == 422, (field, value)
        assert message in answer.text, (field, value)
        assert (value if field == "goals" else "kept as typed") in answer.text, (field, value)
    assert consultations() == []
    [(_, held_until)] = reserved()
    assert held_until is not None


def test_a_spoilt_link_leads_nowhere(offered, client, take):
    path = offered[:-1]
    assert client.get(path).status_code == 404
    assert take(path).status_code == 404
    assert client.post(f"{path}/refusal").status_code == 404


def test_who_has_as_many_open_requests_as_anybody_may_have_is_told(offered, take, ask, consultations, shut):
    for number in range(3):
        ask(email=ADA, slot=None, no_preference="y", goals=f"goal {number}")
    answer = take(offered)
    assert answer.status_code == 409
    assert "as many open requests" in answer.text
    assert len(consultations()) == 3
    assert db.session.scalar(select(func.count()).select_from(ReservedTick)) == 12


def test_the_newsletter_is_asked_for_by_its_own_mail(offered, take, mail):
    take(offered, newsletter="y")
    assert len(mail.to(ADA, "newsletter/confirm_subscription")) == 1
