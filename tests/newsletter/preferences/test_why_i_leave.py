"""Why somebody left: asked afterwards, on the page that says they have left."""

import pytest

from app.extensions import db
from app.followups.leaving import unsubscribe_url
from app.newsletter.preferences.departures import Departure
from tests.newsletter.conftest import fresh, rows_of_everybody


@pytest.fixture
def way_out(ada, clock):
    ada.subscribe()
    return unsubscribe_url(ada.person).removeprefix("http://localhost:8000")


def departures():
    return fresh(
        lambda: [(row.reason, row.words, row.at) for row in db.session.query(Departure).order_by(Departure.id)]
    )


def test_it_is_asked_after_leaving_and_kept_with_the_moment(ada, way_out, clock):
    assert "tell us why" not in ada.client.get(way_out).text
    ada.client.post(way_out)
    assert "tell us why" in ada.client.get(way_out).text
    clock.advance(minutes=5)
    answer = ada.client.post(f"{way_out}/reason", data={"reason": "no time", "words": " Nights.\r\nAgain. "})
    assert answer.status_code == 303
    assert departures() == [("no time", "Nights.\nAgain.", clock.time)]
    assert "Thank you for telling us" in ada.client.get(answer.location).text


def test_before_leaving_nothing_is_taken(ada, way_out):
    before = rows_of_everybody()
    assert ada.client.post(f"{way_out}/reason", data={"reason": "no time"}).status_code == 303
    assert rows_of_everybody() == before


def test_the_second_word_on_one_leaving_holds_and_each_leaving_has_its_own(ada, way_out, clock):
    ada.client.post(way_out)
    ada.client.post(f"{way_out}/reason", data={"reason": "no time"})
    ada.client.post(f"{way_out}/reason", data={"words": "Too many."})
    assert [kept[:2] for kept in departures()] == [("", "Too many.")]
    clock.advance(days=1)
    ada.subscribe()
    ada.client.post(way_out)
    assert "tell us why" in ada.client.get(way_out).text
    ada.client.post(f"{way_out}/reason", data={"reason": "moved on"})
    assert [kept[:2] for kept in departures()] == [("", "Too many."), ("moved on", "")]


def test_saying_nothing_is_fine(ada, way_out):
    ada.client.post(way_out)
    before = rows_of_everybody()
    assert ada.client.post(f"{way_out}/reason", data={"reason": "", "words": ""}).status_code == 303
    assert rows_of_everybody() == before


@pytest.mark.parametrize(
    "fields", [{"reason": "x"}, {"words": "a" * 1001}, {"words": "a\x01"}, {"website": "x", "words": "a"}]
)
def test_bad_input_is_refused_and_what_was_typed_is_kept(ada, way_out, fields):
    ada.client.post(way_out)
    before = rows_of_everybody()
    answer = ada.client.post(f"{way_out}/reason", data=fields)
    assert answer.status_code == 422
    assert fields.get("words", "") in answer.text
    assert rows_of_everybody() == before


def test_a_link_that_is_not_ours_is_explained(client):
    assert client.post("/newsletter/unsubscribe/x/reason", data={"reason": "other"}).status_code == 410
