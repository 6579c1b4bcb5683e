"""Times that the person chooses by the private link: taken, moved, accepted, offered."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.coaching.answering import call_off, confirm, propose
from app.coaching.booking.reserved import ReservedTick
from app.coaching.completing import complete, miss
from app.coaching.models import Consultation
from app.extensions import db
from tests.coaching.private_link import private_link

ADA, COACH = "ada@example.org", "owner@doctor.example.org"
FIRST, SECOND = datetime(2026, 12, 2, 1, 30, tzinfo=UTC), datetime(2026, 12, 3, 13, 0, tzinfo=UTC)
OTHER = "2026-12-09T15:00Z"
AT_OTHER = datetime(2026, 12, 9, 15, 0, tzinfo=UTC)


def ticks():
    return db.session.scalar(select(func.count()).select_from(ReservedTick))


def main_of(page):
    return page.split("<main")[1].split("</main>")[0]


@pytest.fixture
def booked(book, mail):
    """The private link of what Ada booked."""
    book()
    return private_link(mail.to(ADA, "coaching/consultation_booked")[0])


@pytest.fixture
def locked(consultations):
    return lambda: Consultation.for_update(consultations()[0].id)


def test_a_booked_one_moves_to_a_free_time_any_time_before_it_begins(booked, client, mail, consultations, frozen):
    frozen.time = FIRST - timedelta(minutes=1)
    assert client.post(booked + "/reschedule", data={"slot": OTHER}).location == booked
    (consultation,) = consultations()
    assert (consultation.state, consultation.starts_at, consultation.calendar_sequence) == ("booked", AT_OTHER, 1)
    assert ticks() == 12
    assert "Wednesday, December 9, 2026, 9:00 AM CST" in mail.to(ADA, "coaching/consultation_moved")[0].body
    assert "Wednesday, December 9, 2026, 10:00 AM EST" in mail.to(COACH, "coaching/booking_moved")[0].body


def test_moving_to_the_time_it_has_tells_nobody(booked, client, mail):
    before = len(mail.all)
    assert client.post(booked + "/reschedule", data={"slot": "2026-12-02T01:30Z"}).status_code == 303
    assert len(mail.all) == before


def test_what_is_held_is_booked_for_a_free_time_in_the_same_way(link, client, mail, consultations):
    assert client.post(link + "/reschedule", data={"slot": OTHER}).status_code == 303
    (consultation,) = consultations()
    assert (consultation.state, consultation.starts_at, ticks()) == ("booked", AT_OTHER, 12)
    assert mail.to(ADA, "coaching/consultation_booked")
    assert mail.to(COACH, "coaching/new_booking")


def test_the_pages_of_free_times_show_them_as_if_ones_own_were_free(booked, client, book):
    book(email="grace@example.org", slot=OTHER)
    page = client.get(booked + "/reschedule").text
    assert "It is booked for Tuesday, December 1, 2026, 7:30 PM CST" in page
    assert 'value="2026-12-02T02:00Z"' in page
    there = client.get(booked + "/reschedule?to=2026-12-09").text
    assert 'value="2026-12-09T16:00Z"' in there
    assert f'value="{OTHER}"' not in there


@pytest.mark.parametrize("page", ["/reschedule", "/times"])
def test_a_time_somebody_took_a_moment_before_is_told_with_what_is_free_and_nothing_changes(
    link, client, book, mail, consultations, page
):
    book(email="grace@example.org", slot=OTHER)
    mails = len(mail.all)
    answer = client.post(link + page, data={"slot": OTHER})
    assert answer.status_code == 409
    assert "That time is no longer free" in answer.text
    assert "Wednesday, December 9, 2026, 9:00 AM CST" in answer.text
    assert 'value="2026-12-09T16:00Z"' in answer.text
    first = consultations()[0]
    assert (first.state, len(first.offered_times), len(mail.all)) == ("held", 2, mails)


def test_a_booked_time_stays_when_the_other_one_is_taken(booked, client, book, consultations):
    book(email="grace@example.org", slot=OTHER)
    answer = client.post(booked + "/reschedule", data={"slot": OTHER})
    assert answer.status_code == 409
    assert "Your consultation stays when it was" in answer.text
    assert consultations()[0].starts_at == FIRST


@pytest.mark.parametrize("page", ["/reschedule", "/times", "/acceptance"])
@pytest.mark.parametrize(
    "slot",
    ["2020-01-01T10:00Z", "2026-12-09T15:07Z", "2030-01-01T10:00Z", "nonsense", "", "2026-12-09", "9999-99-99T99:99Z"],
)
def test_a_time_that_is_none_is_refused_and_nothing_is_held_or_sent(link, client, mail, consultations, page, slot):
    mails = len(mail.all)
    answer = client.post(link + page, data={"slot": slot})
    assert answer.status_code == (409 if page == "/acceptance" and re.fullmatch(r"2\d+-\d\d-\d\dT.*", slot) else 422)
    (consultation,) = consultations()
    assert (consultation.state, len(consultation.offered_times), len(mail.all)) == ("held", 2, mails)


def test_a_proposed_time_is_accepted_once(link, client, coach, locked, mail, consultations):
    propose(locked(), coach, [AT_OTHER, AT_OTHER + timedelta(hours=2)])
    db.session.commit()
    page = client.get(link).text
    assert "Your coach proposes other times" in page
    assert "Held for you until Wednesday, November 25, 2026, 3:00 AM CST" in page
    assert "Robin Park proposes" in page
    assert "https://talk.example.org" not in page
    assert client.post(link + "/acceptance", data={"slot": OTHER}).location == link
    (consultation,) = consultations()
    assert (consultation.state, consultation.starts_at, ticks()) == ("booked", AT_OTHER, 12)
    assert client.post(link + "/acceptance", data={"slot": "2026-12-09T17:00Z"}).status_code == 409
    assert len(mail.to(ADA, "coaching/consultation_booked")) == 1


def test_ones_own_offer_is_for_the_coach_to_confirm(link, client, consultations):
    assert client.post(link + "/acceptance", data={"slot": "2026-12-02T01:30Z"}).status_code == 422
    assert consultations()[0].state == "held"


def test_a_proposal_that_has_lapsed_says_so(link, client, coach, locked, frozen):
    propose(locked(), coach, [AT_OTHER])
    db.session.commit()
    frozen.advance(hours=48)
    answer = client.post(link + "/acceptance", data={"slot": OTHER})
    assert answer.status_code == 409
    assert "not held for you any more" in answer.text
    assert "The proposed times are no longer held" in answer.text


def test_a_booked_one_shows_what_is_proposed_beside_its_own_time(booked, client, coach, locked):
    propose(locked(), coach, [AT_OTHER])
    db.session.commit()
    page = client.get(booked).text
    assert "Tuesday, December 1, 2026, 7:30 PM CST" in page
    assert "The time above stands" in page
    client.post(booked + "/acceptance", data={"slot": OTHER})
    assert "Wednesday, December 9, 2026, 9:00 AM CST" in client.get(booked).text


def test_other_times_take_the_place_of_those_that_lapsed(link, client, mail, consultations, frozen):
    frozen.advance(hours=49)
    page = client.get(link).text
    assert "No time is held for you" in page
    assert f'href="{link}/times"' in page
    assert client.post(link + "/times", data={"slot": [OTHER, "2026-12-10T15:00Z"]}).location == link
    (consultation,) = consultations()
    assert (consultation.state, len(consultation.offered_times), ticks()) == ("held", 2, 24)
    assert next(time.starts_at for time in consultation.preferred_times) == AT_OTHER
    assert "Wednesday, December 9, 2026, 10:00 AM EST" in mail.to(COACH, "coaching/request_changed")[0].body
    assert "Wednesday, December 9, 2026, 9:00 AM CST" in client.get(link).text


def test_other_times_may_be_offered_instead_of_a_proposal_and_of_none_at_all(
    link, client, coach, locked, consultations
):
    propose(locked(), coach, [AT_OTHER])
    db.session.commit()
    assert client.post(link + "/times", data={"no_preference": "y"}).status_code == 303
    (consultation,) = consultations()
    assert (consultation.state, consultation.times.starts, consultation.no_preference) == ("requested", (), True)
    assert "We are finding a time" in client.get(link).text


def test_a_booked_one_offers_no_times_but_moves(booked, client, consultations):
    assert client.get(booked + "/times").location == booked
    assert client.post(booked + "/times", data={"slot": OTHER}).status_code == 409
    assert consultations()[0].starts_at == FIRST


def cancelled(consultation, coach):
    consultation.cancel()


def declined(consultation, coach):
    call_off(consultation, "Away until spring.")


def called_off(consultation, coach):
    confirm(consultation, FIRST)
    call_off(consultation, "I am ill.")


def completed(consultation, coach):
    complete(consultation)


def begun(consultation, coach):
    confirm(consultation, FIRST)


def ended(consultation, coach):
    confirm(consultation, FIRST)


def missed(consultation, coach):
    confirm(consultation, FIRST)
    consultation.starts_at, consultation.ends_at = FIRST - timedelta(days=30), FIRST - timedelta(days=29)
    miss(consultation)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (cancelled, "Your request is cancelled"),
        (declined, "Away until spring."),
        (called_off, "I am ill."),
        (completed, "Your consultation has taken place"),
        (begun, "Your consultation has begun"),
        (ended, "Your consultation is over"),
        (missed, "We missed each other"),
    ],
)
def test_what_is_over_or_has_begun_says_so_and_changes_no_more(link, client, coach, locked, mail, frozen, what, words):
    what(locked(), coach)
    db.session.commit()
    if what is begun:
        frozen.time = FIRST
    if what is ended:
        frozen.time = locked().ends_at
    mails, moments = len(mail.all), repr(locked().state)
    page = client.get(link).text
    assert words in page
    assert "<form" not in main_of(page)
    looks = [client.get(link + get) for get in ("/reschedule", "/times")]
    posts = {"/reschedule": {"slot": OTHER}, "/times": {"slot": OTHER}, "/acceptance": {"slot": OTHER}, "/details": {}}
    answers = [client.post(link + post, data=data) for post, data in posts.items()]
    cancelling = client.post(link + "/cancellation")
    if what in (cancelled, declined, called_off):
        assert cancelling.location == link
    else:
        answers.append(cancelling)
    assert [answer.status_code for answer in answers] == [409] * len(answers)
    for answer in (*looks, *answers):
        assert words in answer.text
        assert 'role="alert"' in answer.text
        assert ("Nothing was changed, for it has begun." in answer.text) == (what is begun)
    assert (len(mail.all), repr(locked().state)) == (mails, moments)


def test_where_one_talks_is_told_once_it_is_booked(link, client, locked):
    assert "talk.example.org" not in client.get(link).text
    confirm(locked(), FIRST)
    db.session.commit()
    assert 'href="https://talk.example.org/robin"' in client.get(link).text


def test_a_page_says_until_when_times_are_held_on_the_persons_clock(link, client):
    page = client.get(link).text
    assert "Your times are held for you" in page
    assert "Wednesday, November 25, 2026, 3:00 AM CST" in page
    assert "Tuesday, December 1, 2026, 7:30 PM CST" in page
    assert "Chicago (America/Chicago)" in page
