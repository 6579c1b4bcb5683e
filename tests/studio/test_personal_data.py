"""The owner gives people their data, and erases them when they ask."""

import json

import pytest

from app.extensions import db
from app.people.models import Person
from tests.newsletter.everything import GRACE, NAME, with_everything
from tests.studio.conftest import token_in


@pytest.fixture
def page(app):
    return f"/studio/people/{with_everything().id}"


def test_export_is_a_file(owner, page):
    assert f"{page}/export" in owner.get(page).text
    answer = owner.get(f"{page}/export")
    assert answer.content_type == "application/json; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.text)["person"]["email"] == GRACE


def test_erasing_wants_the_address_typed(owner, page):
    shown = owner.get(f"{page}/erasure")
    assert "cannot be undone" in shown.text
    assert "keep our books" in shown.text
    token = token_in(shown)
    for typed in ("", "grace", NAME):
        answer = owner.post(f"{page}/erasure", data={"csrf_token": token, "address": typed})
        assert answer.status_code == 422
        assert "not the address" in answer.text
    assert Person.with_email(GRACE)
    answer = owner.post(f"{page}/erasure", data={"csrf_token": token, "address": f" {GRACE.title()} "})
    assert answer.status_code == 303
    assert "erased" in owner.get(answer.location).text
    assert Person.with_email(GRACE) is None


def test_without_the_token_of_the_page_nothing_is_erased(owner, page):
    assert owner.post(f"{page}/erasure", data={"address": GRACE}).status_code == 400
    assert Person.with_email(GRACE)


def test_who_is_erased_is_shown_as_nobody(owner, page):
    token = token_in(owner.get(f"{page}/erasure"))
    owner.post(f"{page}/erasure", data={"csrf_token": token, "address": GRACE})
    for path in (page, "/studio/people", "/studio/enrollments", "/studio/outbox", "/studio/"):
        answer = owner.get(path)
        assert answer.status_code == 200
        assert GRACE not in answer.text or path == "/studio/outbox"  # Where the last mail waits to be sent.
    assert "Erased" in owner.get(page).text
    assert "Erased already" in owner.get(f"{page}/erasure").text


def test_the_owner_is_told_why_they_cannot_go(owner):
    number = Person.with_email("owner@doctor.example.org").id
    shown = owner.get(f"/studio/people/{number}/erasure").text
    assert "cannot be without one" in shown
    assert "Erase this person" not in shown
    db.session.commit()


def test_why_they_left_is_shown(owner, page):
    shown = owner.get(page).text
    assert "Why they left" in shown
    assert f"{NAME} was busy" in shown
