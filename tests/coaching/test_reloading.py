"""A phone that loads a page anew by the address a form was sent to."""

import pytest


def test_a_page_of_free_times_is_found_again(offer, client):
    assert client.post("/coaching/book/times", data={}).status_code == 200
    for way in ("book", "request"):
        answer = client.get(f"/coaching/{way}/times")
        assert (answer.status_code, answer.location) == (302, f"/coaching/{way}")


@pytest.mark.parametrize("what", ["details", "address", "acceptance", "cancellation"])
def test_a_consultation_is_found_again_and_nothing_is_done(link, client, mail, consultations, what):
    mails = len(mail.all)
    answer = client.get(f"{link}/{what}")
    assert (answer.status_code, answer.location) == (302, link)
    assert (consultations()[0].state, len(mail.all)) == ("held", mails)


def test_an_entry_of_the_waiting_list_is_found_again(offer, client):
    for what in ("confirmation", "wish", "departure"):
        assert client.get(f"/coaching/waiting/entries/token/{what}").location == "/coaching/waiting/entries/token"
