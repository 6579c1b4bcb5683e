from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict

from app.extensions import db
from app.followups.leaving import preferences_url
from app.people.models import Person
from tests.newsletter.conftest import ADA, rows_of_everybody


def page_of(reader):
    return preferences_url(reader.person).removeprefix("http://localhost:8000")


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(ada, method):
    ada.subscribe()
    path = page_of(ada)
    before = rows_of_everybody()
    assert getattr(ada.client, method)(path).status_code == 200
    assert rows_of_everybody() == before


def test_the_page_shows_what_holds_and_not_the_whole_address(ada):
    ada.subscribe(first_name="Ada", topics=["career"])
    page = ada.client.get(page_of(ada)).text
    assert "a…@example.org" in page
    assert ADA not in page
    assert 'value="Ada"' in page
    assert page.count(" checked") == 1
    assert "/newsletter/unsubscribe/" in page


def test_topics_and_name_are_saved(ada):
    ada.subscribe(first_name="Ada", topics=["career"])
    path = page_of(ada)
    answer = ada.client.post(path, data={"name": " Dr.  Ada ", "topics": ["leadership", "mentorship"]})
    assert answer.status_code == 303
    assert "Saved" in ada.client.get(answer.location).text
    assert (ada.person.name, ada.topics) == ("Dr. Ada", ["leadership", "mentorship"])


def test_the_career_stage_is_taken_at_sign_up_and_changed_here(ada):
    ada.sign_up(career_stage="resident")
    assert ada.subscription.career_stage == ""  # Unproven until the mailed link is followed.
    ada.confirm()
    assert ada.subscription.career_stage == "resident"
    assert 'selected value="resident"' in ada.client.get(page_of(ada)).text
    ada.client.post(page_of(ada), data={"career_stage": "fellow"})
    assert ada.subscription.career_stage == "fellow"
    ada.client.post(page_of(ada), data={"career_stage": ""})
    assert ada.subscription.career_stage == ""


def test_signing_up_again_without_a_stage_keeps_the_one_that_is_known(ada, clock):
    ada.subscribe(career_stage="leader").leave()
    db.session.commit()
    clock.advance(minutes=11)
    assert ada.subscribe().career_stage == "leader"


@pytest.mark.parametrize("days", [30, 60, 90])
def test_a_pause_is_shown_with_its_end_and_ended_early(ada, clock, days):
    ada.subscribe()
    path = page_of(ada)
    answer = ada.client.post(f"{path}/pause", data={"days": str(days)})
    assert answer.status_code == 303
    end = clock.time + timedelta(days=days)
    assert ada.subscription.paused_until == end
    page = ada.client.get(answer.location).text
    assert f"{end:%B} {end.day}, {end.year}" in page
    assert "Resume now</button>" in page
    assert ada.client.post(f"{path}/resumption").status_code == 303
    assert ada.subscription.paused_until is None
    assert "Resume now" not in ada.client.get(path).text


def test_a_pause_that_is_over_is_shown_no_more(ada, clock):
    ada.subscribe()
    ada.client.post(f"{page_of(ada)}/pause", data={"days": "30"})
    clock.advance(days=30)
    assert "Resume now" not in ada.client.get(page_of(ada)).text


def test_quiet_hours_go_over_midnight_on_the_readers_clocks(ada):
    ada.subscribe()
    path = page_of(ada)
    hours = {"from_hour": "22", "to_hour": "6", "time_zone": "America/Chicago"}
    answer = ada.client.post(f"{path}/quiet-hours", data=hours)
    subscription = ada.subscription
    kept = (subscription.quiet_from_hour, subscription.quiet_to_hour, subscription.time_zone)
    assert kept == (22, 6, "America/Chicago")
    assert "10:00 PM to 6:00 AM, Chicago (America/Chicago)" in ada.client.get(answer.location).text
    ada.client.post(f"{path}/quiet-hours", data=hours | {"from_hour": "", "to_hour": ""})
    subscription = ada.subscription
    assert (subscription.quiet_from_hour, subscription.quiet_to_hour, subscription.time_zone) == (None, None, "")


@pytest.mark.parametrize(
    ("part", "fields", "says"),
    [
        ("pause", {"days": "36500"}, "Choose 30, 60 or 90 days"),
        ("pause", {"days": "-1"}, "Choose 30, 60 or 90 days"),
        ("pause", {}, "Choose 30, 60 or 90 days"),
        ("quiet-hours", {"from_hour": "22", "time_zone": "UTC"}, "both hours, or neither"),
        ("quiet-hours", {"to_hour": "6", "time_zone": "UTC"}, "both hours, or neither"),
        ("quiet-hours", {"from_hour": "6", "to_hour": "6", "time_zone": "UTC"}, "the whole day"),
        ("quiet-hours", {"from_hour": "24", "to_hour": "6", "time_zone": "UTC"}, "one of the hours"),
        ("quiet-hours", {"from_hour": "x", "to_hour": "6", "time_zone": "UTC"}, "one of the hours"),
        ("quiet-hours", {"from_hour": "1", "to_hour": "6", "time_zone": "Mars/Olympus"}, "one of the time zones"),
        ("quiet-hours", {"from_hour": "1", "to_hour": "6"}, "Choose your time zone"),
    ],
)
def test_what_makes_no_sense_is_explained_and_changes_nothing(ada, part, fields, says):
    ada.subscribe()
    path = page_of(ada)
    before = rows_of_everybody()
    answer = ada.client.post(f"{path}/{part}", data=fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert rows_of_everybody() == before


@pytest.mark.parametrize("part", ["", "/pause", "/resumption", "/quiet-hours"])
def test_choosing_counts_as_having_been_here(ada, clock, part):
    ada.subscribe()
    clock.advance(days=3)
    fields = {"days": "30", "from_hour": "1", "to_hour": "2", "time_zone": "UTC"}
    assert ada.client.post(page_of(ada) + part, data=fields).status_code == 303
    assert ada.person.last_seen_at == clock.time


def test_no_topic_means_all_and_no_name_is_fine(ada):
    ada.subscribe(first_name="Ada", topics=["career"])
    ada.client.post(page_of(ada), data={"name": ""})
    assert (ada.person.name, ada.topics) == ("", [])


def test_the_link_works_for_ever(ada, clock):
    ada.subscribe()
    path = page_of(ada)
    clock.advance(days=4000)
    assert ada.client.post(path, data={"topics": "career"}).status_code == 303
    assert ada.topics == ["career"]


@pytest.mark.parametrize(
    "fields",
    [
        {"topics": "gossip"},
        {"career_stage": "emperor"},
        [("topics", "career")] * 10_000,
        {"name": "Ada\r\nBcc: x@example.org"},
        {"name": "Ada\u202e"},
        {"name": "A" * 121},
        [("name", "Ada"), ("name", "Bob")],
        {"name": "A\0"},
    ],
    ids=["unknown topic", "unknown stage", "ten thousand", "line break", "turned", "too long", "twice", "NUL"],
)
def test_bad_input_changes_nothing(ada, fields):
    ada.subscribe(first_name="Ada", topics=["career"])
    path = page_of(ada)
    before = rows_of_everybody()
    assert 400 <= ada.client.post(path, data=MultiDict(fields)).status_code < 500
    assert rows_of_everybody() == before


def test_nobody_changes_their_address_or_state_by_adding_fields(ada):
    ada.subscribe()
    ada.client.post(
        page_of(ada), data={"name": "Ada", "email": "mallory@example.org", "confirmed_at": "", "active": ""}
    )
    assert ada.person.email == ADA
    assert ada.subscription.state == "active"


@pytest.mark.parametrize("state", ["without a subscription", "waiting", "left"])
def test_who_gets_no_letters_is_told_so(ada, state):
    if state == "without a subscription":
        db.session.add(Person(email=ADA))
        db.session.commit()
    else:
        ada.sign_up()
    if state == "left":
        ada.confirm()
        ada.subscription.leave()
        db.session.commit()
    path = page_of(ada)
    assert "You get no newsletter" in ada.client.get(path).text
    before = rows_of_everybody()
    for part in ("", "/pause", "/resumption", "/quiet-hours"):
        assert ada.client.post(path + part, data={"name": "Mallory", "days": "30"}).status_code == 409
    assert rows_of_everybody() == before


@pytest.mark.parametrize("token", ["x", "a.b.c"])
def test_a_link_that_is_not_ours_is_explained(client, token):
    assert client.get(f"/newsletter/preferences/{token}").status_code == 410
    assert client.post(f"/newsletter/preferences/{token}", data={"name": "x"}).status_code == 410
