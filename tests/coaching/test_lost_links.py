"""Who lost the private link has it mailed again, and a stranger learns nothing."""

from datetime import timedelta

import pytest

from app.people.models import Person
from tests.coaching.private_link import private_link


def test_a_lost_link_is_mailed_again(link, client, mail, frozen):
    answer = client.post("/coaching/links", data={"email": " ADA@example.org "})
    assert (answer.status_code, answer.location) == (303, "/coaching/links/mailed")
    (email,) = mail.to("ada@example.org", "coaching/consultation_links")
    assert client.get(private_link(email)).status_code == 200


def test_links_lead_to_what_is_open_only(ask, link, client, mail):
    ask(goals="Another matter", slot="2026-12-07T13:00Z")
    client.post(link + "/cancellation")
    client.post("/coaching/links", data={"email": "ada@example.org"})
    (email,) = mail.to("ada@example.org", "coaching/consultation_links")
    assert email.body.count("/coaching/consultations/") == 1
    assert "Another matter" in client.get(private_link(email)).text


def test_known_and_unknown_addresses_get_the_same_answer(link, client, mail):
    known = client.post("/coaching/links", data={"email": "ada@example.org"})
    unknown = client.post("/coaching/links", data={"email": "nobody@example.org"})
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert mail.to("nobody@example.org")[0].template == "coaching/no_consultations"
    assert "http://localhost:8000/coaching/request" in mail.to("nobody@example.org")[0].body
    assert Person.with_email("nobody@example.org") is None


@pytest.mark.parametrize("address", ["ada@example.org", "nobody@example.org"])
def test_an_address_is_mailed_links_once_in_ten_minutes(link, client, mail, frozen, address):
    before = len(mail.to(address))
    for _ in range(3):
        client.post("/coaching/links", data={"email": address})
    assert len(mail.to(address)) == before + 1
    frozen.time += timedelta(minutes=10)
    client.post("/coaching/links", data={"email": address})
    assert len(mail.to(address)) == before + 2


def test_one_mailbox_under_many_names_is_mailed_once_and_its_owner_is_not_shut_out(link, client, mail):
    before = len(mail.all)
    for number in range(10):
        client.post("/coaching/links", data={"email": f"ada+{number}@example.org"})
    assert len(mail.all) == before + 1
    client.post("/coaching/links", data={"email": "ada@example.org"})
    assert mail.all[-1].template == "coaching/consultation_links"


@pytest.mark.parametrize("email", ["", "nope", "a\r\nb@example.org", "a\x1b@example.org"])
def test_a_bad_address_is_explained_and_nothing_is_mailed(offer, client, mail, email):
    assert client.post("/coaching/links", data={"email": email}).status_code == 422
    assert mail.all == []


def test_a_robot_asking_for_links_is_forgotten(offer, client, mail):
    data = {"email": "ada@example.org", "website": "x"}
    assert client.post("/coaching/links", data=data).status_code == 303
    assert mail.all == []
