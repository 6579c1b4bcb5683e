"""Another e-mail address: asked for on the private page, made by buttons in both mailboxes."""

import re

import pytest

from app.extensions import db
from app.people.models import Person
from tests.coaching.calendars.ics import lawful
from tests.coaching.private_link import private_link

ADA, NEW, OWNER = "ada@example.org", "ada@new.example.org", "owner@doctor.example.org"


@pytest.fixture
def booked(book, mail) -> str:
    book()
    return private_link(mail.to(ADA)[0])


def press(client, letter) -> None:
    path = re.search(r"http://localhost:8000(/newsletter/address/\S+)", letter.body)[1]
    assert client.post(path).status_code == 303


def test_all_about_it_goes_to_the_new_address_once_both_mailboxes_said_so(booked, client, mail):
    answer = client.post(f"{booked}/address", data={"email": NEW}, follow_redirects=True)
    assert "Check your inbox" in answer.text
    press(client, mail.to(ADA, "newsletter/allow_address")[0])
    assert Person.with_email(NEW) is None
    press(client, mail.to(NEW, "newsletter/confirm_address")[0])
    [letter] = mail.to(NEW, "coaching/consultation_at_new_address")
    event = lawful(letter.calendar).components[0]
    assert (event["ATTENDEE"].value, event["SEQUENCE"].value) == (f"mailto:{NEW}", "1")
    assert private_link(letter) == booked
    [told] = mail.to(OWNER, "coaching/request_changed")
    assert f"E-mail: {NEW}" in told.body
    assert client.post(f"{booked}/cancellation").status_code == 303
    assert mail.to(NEW, "coaching/consultation_cancelled")
    assert not mail.to(ADA, "coaching/consultation_cancelled")


def test_an_address_that_cannot_be_is_explained(booked, client, mail):
    answer = client.post(f"{booked}/address", data={"email": "ada@"})
    assert answer.status_code == 422
    assert 'value="ada@"' in answer.text
    assert "error-summary" in answer.text
    assert not mail.to(ADA, "newsletter/allow_address")


def test_the_link_in_the_browser_moves_nobody(book, client, mail):
    link = book().location
    assert client.post(f"{link}/address", data={"email": NEW}).status_code == 404
    assert f"{link}/address" not in client.get(link).text
    db.session.rollback()
    assert not mail.to(ADA, "newsletter/allow_address")


def test_what_is_over_is_moved_by_no_link_of_its_own(booked, client, mail):
    client.post(f"{booked}/cancellation")
    assert client.post(f"{booked}/address", data={"email": NEW}).status_code == 409
    assert not mail.to(ADA, "newsletter/allow_address")


def test_a_corrected_slip_is_told_when_to_ask_again_and_the_slip_leads_nowhere(booked, client, mail, frozen):
    client.post(f"{booked}/address", data={"email": "ada@enw.example.org"})
    slip = mail.to(ADA, "newsletter/allow_address")[0]
    frozen.advance(minutes=2)
    assert client.post(f"{booked}/address", data={"email": "ada@enw.example.org"}).status_code == 303  # A second click.
    answer = client.post(f"{booked}/address", data={"email": NEW})
    assert answer.status_code == 429
    assert "Please ask again after Monday, November 23, 2026, 3:10 AM CST." in answer.text
    assert answer.headers["Retry-After"] == "480"
    assert f'value="{NEW}"' in answer.text
    assert client.post(re.search(r"/newsletter/address/\S+", slip.body)[0]).status_code == 410
    frozen.advance(minutes=8)
    assert client.post(f"{booked}/address", data={"email": NEW}).status_code == 303
    press(client, mail.to(ADA, "newsletter/allow_address")[1])
    press(client, mail.to(NEW, "newsletter/confirm_address")[0])
    assert Person.with_email(NEW)


def test_whoever_asks_all_day_is_told_to_come_back_tomorrow(booked, client, mail, frozen):
    for number in range(5):
        assert client.post(f"{booked}/address", data={"email": f"a{number}@example.org"}).status_code == 303
        frozen.advance(minutes=10)
    answer = client.post(f"{booked}/address", data={"email": NEW})
    assert answer.status_code == 429
    assert "Please ask again after Tuesday, November 24, 2026, 3:00 AM CST." in answer.text


def test_the_address_they_have_is_not_asked_for(booked, client, mail):
    answer = client.post(f"{booked}/address", data={"email": "Ada@Example.org"})
    assert answer.status_code == 422
    assert "That is the address we write to now." in answer.text
    assert not mail.to(ADA, "newsletter/allow_address")
