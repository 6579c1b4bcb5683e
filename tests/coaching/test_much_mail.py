"""How much mail anybody can have sent to an address that is not theirs."""

import pytest

from app.coaching.booking.requesting import MOST_A_DAY
from app.coaching.lost_links import MOST_A_DAY as MAILS_A_DAY
from app.coaching.lost_links import LinkMailing
from app.coaching.managing.tasks import forget_old_mailings
from app.extensions import db
from app.people.models import Person
from tests.coaching.private_link import private_link

ADA = "ada@example.org"


@pytest.fixture
def book_and_cancel(book, client):
    def act(**changed):
        page = book(**changed).location
        client.post(f"{page}/cancellation")
        return page

    return act


def test_booking_and_cancelling_again_and_again_fills_nobodys_mailbox(book_and_cancel, mail, frozen):
    for _ in range(40):
        book_and_cancel()
        frozen.advance(minutes=5)
    assert len(mail.to(ADA, "coaching/consultation_booked")) == MOST_A_DAY
    assert len(mail.to(ADA)) <= 2 * MOST_A_DAY + MAILS_A_DAY
    told = mail.to(ADA, "coaching/requests_full")[0]
    for part in (told.body, told.html):
        assert "after many others since yesterday" in part
        assert "/coaching/consultations/" not in part
    frozen.advance(days=1)
    assert "/coaching/consultations/" in book_and_cancel()


def test_no_number_of_tags_fills_a_mailbox(book_and_cancel, mail):
    for _ in range(2):
        for number in range(15):
            book_and_cancel(email=f"ada+{number}@example.org")
    assert len(mail.all) == 4 * MOST_A_DAY + 1  # Each tells the coach, too.
    assert "/coaching/consultations/" in book_and_cancel(), "its owner is shut out"


def test_who_has_shown_that_a_tagged_address_is_theirs_is_not_shut_out_by_others(book, client, mail, book_and_cancel):
    book(email="ada+work@example.org")
    client.post(private_link(mail.to("ada+work@example.org")[0]) + "/cancellation")
    for number in range(10):
        book_and_cancel(email=f"ada+{number}@example.org")
    assert "/coaching/consultations/" in book(email="ada+work@example.org").location


def test_a_request_or_two_called_off_in_a_day_leave_room_for_another(book_and_cancel, book, mail):
    for _ in range(3):
        book_and_cancel()
    assert book().status_code == 303
    assert mail.to(ADA, "coaching/requests_full") == []


def test_what_is_told_of_too_much_comes_a_few_times_a_day_itself(book, ask, mail, frozen):
    for number in range(30):
        ask(slot=None, no_preference="y", goals=f"number {number}")
        frozen.advance(minutes=11)
    assert len(mail.to(ADA, "coaching/requests_full")) == MAILS_A_DAY


def test_links_are_mailed_a_few_times_a_day(link, client, mail, frozen):
    for _ in range(20):
        client.post("/coaching/links", data={"email": ADA})
        frozen.advance(minutes=11)
    assert len(mail.to(ADA, "coaching/consultation_links")) == MAILS_A_DAY


def test_what_was_counted_is_forgotten_after_a_day(link, client, frozen):
    client.post("/coaching/links", data={"email": ADA})
    frozen.advance(hours=23)
    forget_old_mailings.call_local()
    assert db.session.query(LinkMailing).count() == 2
    frozen.advance(hours=1)
    forget_old_mailings.call_local()
    assert db.session.query(LinkMailing).count() == 0


def test_a_tagged_address_that_was_only_typed_counts_with_its_mailbox(app):
    for email in (ADA, "ada+tag@example.org"):
        Person.at(email)
    assert Person.counted_as(ADA) == ADA
    assert Person.counted_as("ada+tag@example.org") == f"any {ADA}"
    Person.at("ada+tag@example.org").was_here()
    assert Person.counted_as("ada+tag@example.org") == "ada+tag@example.org"
