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
    assert page.count("checked") == 1
    assert "/newsletter/unsubscribe/" in page


def test_topics_and_name_are_saved(ada):
    ada.subscribe(first_name="Ada", topics=["career"])
    path = page_of(ada)
    answer = ada.client.post(path, data={"name": " Dr.  Ada ", "topics": ["leadership", "mentorship"]})
    assert answer.status_code == 303
    assert "Saved" in ada.client.get(answer.location).text
    assert (ada.person.name, ada.topics) == ("Dr. Ada", ["leadership", "mentorship"])


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
        [("topics", "career")] * 10_000,
        {"name": "Ada\r\nBcc: x@example.org"},
        {"name": "Ada\u202e"},
        {"name": "A" * 121},
        [("name", "Ada"), ("name", "Bob")],
        {"name": "A\0"},
    ],
    ids=["unknown topic", "ten thousand", "line break", "turned", "too long", "twice", "NUL"],
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
    assert ada.client.post(path, data={"name": "Mallory"}).status_code == 409
    assert rows_of_everybody() == before


@pytest.mark.parametrize("token", ["x", "a.b.c"])
def test_a_link_that_is_not_ours_is_explained(client, token):
    assert client.get(f"/newsletter/preferences/{token}").status_code == 410
    assert client.post(f"/newsletter/preferences/{token}", data={"name": "x"}).status_code == 410
