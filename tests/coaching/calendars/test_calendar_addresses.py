"""The calendar file behind a private link, and the coach's calendar at its secret address."""

from datetime import UTC, datetime, timedelta

import pytest

from app import tokens
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.moving import move
from app.coaching.booking.taking import take
from app.coaching.calendars.coachs_calendar import address_of
from app.extensions import db
from app.web.logging import redact
from tests.coaching.calendars.ics import lawful
from tests.coaching.private_link import private_link

FIRST, SECOND = datetime(2026, 12, 2, 1, 30, tzinfo=UTC), datetime(2026, 12, 4, 15, tzinfo=UTC)


@pytest.fixture
def file_of(client):
    """The calendar file behind a private link."""
    return lambda link: client.get(f"{link}/calendar.ics")


@pytest.fixture
def subscribed(client, coach):
    """What a calendar program reads at the coach's address."""
    path = address_of(coach).removeprefix("http://localhost:8000")
    return lambda **headers: client.get(path, headers=headers)


def test_the_file_behind_a_link_is_one_to_take_by_hand(book, mail, file_of):
    book()
    answer = file_of(private_link(mail.to("ada@example.org")[0]))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Content-Disposition"] == "attachment; filename=invite.ics"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    [event] = lawful(answer.text).components
    assert (event["DTSTART"].moment, event["STATUS"].value) == (FIRST, "CONFIRMED")
    assert event.within("VALARM")


def test_the_link_that_only_the_browser_got_does_not_tell_whose_the_address_is(book, file_of, client):
    link = book().location
    for state in ("CONFIRMED", "CANCELLED"):
        file = file_of(link).text
        assert lawful(file).components[0]["STATUS"].value == state
        assert "ada@example.org" not in file.replace("\r\n ", "")
        assert "Lovelace" not in file
        client.post(f"{link}/cancellation")


def test_what_is_cancelled_is_taken_as_cancelled_and_does_not_ring(book, mail, file_of, client):
    book()
    link = private_link(mail.to("ada@example.org")[0])
    client.post(f"{link}/cancellation")
    [event] = lawful(file_of(link).text).components
    assert (event["STATUS"].value, event["SEQUENCE"].value, event.components) == ("CANCELLED", "1", [])


def test_without_a_time_the_page_says_why_there_is_no_file(link, file_of, client):
    answer = file_of(link)
    assert (answer.status_code, answer.location) == (302, link)
    client.post(f"{link}/cancellation")
    assert file_of(link).location == link


def test_no_other_token_opens_a_file(book, coach, file_of):
    book()
    wrong = ["x", tokens.sign("unsubscribe", [1, 1]), address_of(coach).rpartition("/")[2].removesuffix(".ics")]
    for token in wrong:
        answer = file_of(f"/coaching/consultations/{token}")
        assert answer.status_code == 404
        assert 'action="/coaching/links"' in answer.text  # It offers to mail the right one.


def test_the_coachs_calendar_holds_what_is_booked_and_what_is_held(book, ask, subscribed, consultations):
    book()
    ask(name="Grace Hopper", email="grace@example.org", slot=["2026-12-03T13:00Z", "2026-12-05T13:00Z"])
    answer = subscribed()
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = lawful(answer.text)
    assert calendar["X-WR-CALNAME"].text == "Consultations: Robin Park"
    assert [(event["SUMMARY"].text, event["STATUS"].value, event["CLASS"].value) for event in calendar.components] == [
        ("Ada Lovelace: Coaching consultation", "CONFIRMED", "PRIVATE"),
        ("Held for Grace Hopper: Coaching consultation", "TENTATIVE", "PRIVATE"),
        ("Held for Grace Hopper: Coaching consultation", "TENTATIVE", "PRIVATE"),
    ]
    assert calendar.components[0]["UID"].value == consultations()[0].uid
    assert "@example.org" not in answer.text.replace("\r\n ", "").replace("@doctor.example.org", "")


def test_the_coachs_calendar_forgets_what_is_off(book, ask, subscribed, client, clock, mail):
    ask(email="grace@example.org", slot=["2026-12-03T13:00Z"])
    book()
    client.post(f"{private_link(mail.to('ada@example.org')[0])}/cancellation")
    assert len(lawful(subscribed().text).components) == 1
    clock.advance(hours=48)
    assert lawful(subscribed().text).components == []


def test_the_coachs_calendar_goes_a_month_back(book, subscribed, clock):
    book()
    clock.time = FIRST + timedelta(days=30) - timedelta(seconds=1)
    assert len(lawful(subscribed().text).components) == 1
    clock.advance(seconds=1)
    assert lawful(subscribed().text).components == []


def test_an_opening_held_for_the_waiting_list_is_in_it_too(coach, subscribed, clock):
    take(ConsultationKind.active()[0], FIRST, held_until=clock.time + timedelta(hours=2))
    db.session.commit()
    [event] = lawful(subscribed().text).components
    assert (event["SUMMARY"].text, event["DTSTART"].moment) == ("Held, waiting list", FIRST)


def test_each_coach_has_a_calendar_of_their_own(book, subscribed, client):
    book()
    other = Coach(slug="other", name="Sam Lee", time_zone="UTC")
    db.session.add(other)
    db.session.commit()
    theirs = client.get(address_of(other).removeprefix("http://localhost:8000"))
    assert lawful(theirs.text).components == []


def test_another_number_shuts_the_address(coach, subscribed, client):
    before = subscribed()
    coach.calendar_number += 1
    db.session.commit()
    assert before.status_code == 200
    assert subscribed().status_code == 404
    assert client.get(address_of(coach).removeprefix("http://localhost:8000")).status_code == 200


@pytest.mark.parametrize(
    "token",
    ["x", "WzEsMV0.x", "", lambda: tokens.sign("consultation", [1, 1]), lambda: tokens.sign_shared("x", [1, 1])],
)
def test_no_other_token_opens_a_coachs_calendar(coach, client, token):
    token = token() if callable(token) else token
    assert client.get(f"/coaching/calendars/{token}.ics").status_code == 404


def test_what_has_not_changed_is_not_sent_again(book, subscribed, consultations, clock):
    book()
    first = subscribed()
    assert first.headers["Cache-Control"] == "private, max-age=300"
    assert first.headers["X-Robots-Tag"] == "noindex"
    clock.advance(minutes=15)
    again = subscribed(**{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    move(consultations()[0], SECOND)
    db.session.commit()
    changed = subscribed(**{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert lawful(changed.text).components[0]["DTSTART"].moment == SECOND


def test_the_coachs_calendar_costs_the_same_however_much_is_in_it(book, ask, subscribed, queries):
    def asked():
        db.session.expunge_all()
        with queries() as sent:
            subscribed()
        return len(sent)

    book()
    ask(email="grace@example.org", slot=["2026-12-03T13:00Z"])
    few = asked()
    for hour in range(8):
        book(email=f"{hour}@example.org", slot=f"2026-12-07T{hour + 8:02}:30Z")
        ask(email=f"{hour}@example.com", slot=[f"2026-12-08T{hour + 8:02}:30Z"])
    assert asked() == few <= 4


def test_secret_addresses_stay_out_of_logs_and_searches(coach, client):
    address = address_of(coach)
    assert redact(f"GET {address}") == "GET http://localhost:8000/coaching/calendars/…"
    assert "Disallow: /coaching/calendars/" in client.get("/robots.txt").text
