"""How much mail anybody can have sent to an address that is not theirs."""

import pytest

from app.coaching.booking.requesting import MOST_A_DAY
from app.coaching.managing.tasks import forget_old_mailings
from app.extensions import db
from app.people.link_mailings import MOST_A_DAY as MAILS_A_DAY
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from tests.coaching.conftest import DETAILS
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


def move(client, page, number):
    return client.post(f"{page}/reschedule", data={"slot": f"2026-12-{number + 4:02}T15:00Z"})


def rename(client, page, number):
    data = DETAILS | {"goals": f"goal {number}", "has_neutral_title": "y" if number % 2 else ""}
    return client.post(f"{page}/details", data=data)


@pytest.mark.parametrize("act", [move, rename])
def test_the_link_in_the_browser_changes_a_few_times_an_hour_and_the_mailed_one_more(act, book, client, mail, limits):
    page = book().location
    before = len(mail.to(ADA))
    answers = [act(client, page, number) for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "That was a little too often" in answers[-1].text
    assert len(mail.to(ADA)) <= before + 5
    mailed = private_link(mail.to(ADA, "coaching/consultation_booked")[0])
    assert act(client, mailed, 7).status_code == 303
    assert client.post(f"{page}/cancellation").status_code == 303


def test_all_that_the_link_in_the_browser_does_counts_together(ask, book, client, limits):
    page = book().location
    for number in range(2):
        assert move(client, page, number).status_code == rename(client, page, number).status_code == 303
    for path in ("times", "acceptance"):
        # What is refused mails nobody, and does not count.
        assert client.post(f"{page}/{path}", data={"slot": "2026-12-09T15:00Z"}).status_code == 409
    assert move(client, page, 3).status_code == 303
    for path in ("times", "acceptance", "reschedule", "details"):
        assert client.post(f"{page}/{path}", data={"slot": "2026-12-09T15:00Z"}).status_code == 429


def test_one_network_does_not_take_the_whole_calendar(ask, book, limits, consultations):
    answers = []
    for number in range(11):
        slots = [f"2026-12-{number + 1:02}T{hour}:00Z" for hour in (15, 17, 19)]
        answers.append(ask(email=f"p{number}@example.org", slot=slots))
        late = {"email": f"q{number}@example.org", "slot": f"2026-12-{number + 1:02}T21:00Z", "goals": "typed words"}
        answers.append(book(**late))
    assert [answer.status_code for answer in answers] == [303] * 20 + [429] * 2
    assert len(consultations()) == 20
    assert "typed words" in answers[-1].text
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_slips_and_times_that_are_gone_do_not_count_for_a_network(book, limits):
    book()
    assert {book(email="grace@example.org").status_code for _ in range(15)} == {409}
    assert {book(name="").status_code for _ in range(15)} == {422}
    assert book(email="grace@example.org", slot="2026-12-04T15:00Z").status_code == 303
