"""While nothing can be booked, pages say so kindly, and offer what there is instead."""

import re

import pytest
from sqlalchemy import update

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.extensions import db
from app.publishing import content_changed
from tests.coaching.waiting.conftest import WAITING


@pytest.fixture
def switch(offer):
    def off(model, **changed):
        db.session.execute(update(model).values(is_active=False, **changed))
        content_changed()
        db.session.commit()

    return off


def links(page):
    main = page.text.partition("<main")[2].partition("</main>")[0]
    return {link for link in re.findall(r'href="(/[^"?#]*)', main) if link.startswith(("/coaching", "/newsletter"))}


def test_with_all_kinds_off_every_way_to_a_consultation_says_so(switch, client, ask, book):
    switch(ConsultationKind)
    for path in ("/coaching/book", "/coaching/request", "/coaching/waiting"):
        page = client.get(path)
        assert (page.status_code, "No consultation can be booked now" in page.text) == (200, True)
        assert links(page) == {"/newsletter/", "/coaching/", "/coaching/links"}
    for sent in (ask(), book(), client.post("/coaching/waiting", data=WAITING)):
        assert (sent.status_code, "No consultation can be booked now" in sent.text) == (409, True)
    page = client.get("/coaching/")
    assert "We take no new consultations" in page.text
    assert links(page) == {"/newsletter/", "/coaching/links"}


def test_with_all_coaches_off_one_can_wait_for_times(switch, client, ask, book):
    switch(Coach)
    for path in ("/coaching/book", "/coaching/request"):
        assert links(client.get(path)) == {"/coaching/waiting", "/coaching/", "/coaching/links"}
    assert ask().status_code == book().status_code == 409
    assert client.get("/coaching/waiting").status_code == 200
    assert links(client.get("/coaching/")) - {"/newsletter/"} == {"/coaching/waiting", "/coaching/links"}


def test_the_offer_names_only_the_ways_that_there_are(switch, client):
    assert {"/coaching/book", "/coaching/request"} <= links(client.get("/coaching/"))
    db.session.execute(update(ConsultationKind).values(price_cents=5000))
    content_changed()
    db.session.commit()
    ways = links(client.get("/coaching/"))
    assert "/coaching/book" in ways
    assert "/coaching/request" not in ways
