"""Openings go to those in line: one at a time, in order, when they are awake."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.coaching.availability.models import Coach, DateOverride
from app.coaching.fields import slot_value
from app.coaching.waiting import offering
from app.coaching.waiting.offers import SlotOffer
from app.coaching.waiting.tasks import forget_old_entries
from app.extensions import db
from tests.coaching.waiting.conftest import DAY, FIRST, SECOND, path_in

ADA, GRACE, LIN = "ada@example.org", "grace@example.org", "lin@example.org"
AWAKE = {"also_at_night": None}


def test_an_opening_goes_to_who_has_waited_longest(wait, opens, sweep, offers, mail):
    for email in (GRACE, ADA, LIN):
        wait(email)
    opens()
    sweep()
    sweep()
    assert offers() == [(GRACE, FIRST)]
    [told] = mail.to(GRACE, "coaching/slot_offered")
    assert told.subject == "Held for you: Wednesday, December 2, 2026, 10:00 AM EST"
    assert "Yours until: Monday, November 23, 2026, 8:00 AM EST" in told.body


def test_each_opening_goes_to_somebody_else(wait, opens, sweep, offers):
    wait(ADA)
    wait(GRACE)
    opens(3)
    sweep()
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, SECOND)]


def test_what_is_held_is_free_for_nobody_else(wait, opens, sweep, book, client):
    wait()
    opens()
    assert slot_value(FIRST) in client.get("/coaching/book").text
    sweep()
    assert slot_value(FIRST) not in client.get("/coaching/book").text
    assert book(email=GRACE, slot=slot_value(FIRST)).status_code == 409


def test_what_is_not_answered_goes_to_the_next_and_back_to_nobody(wait, opens, sweep, offers, clock, client):
    wait(ADA)
    wait(GRACE)
    opens()
    sweep()
    clock.advance(hours=4, minutes=-1)
    sweep()
    assert offers() == [(ADA, FIRST)]
    clock.advance(minutes=1)
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]
    clock.advance(hours=4)
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]
    assert slot_value(FIRST) in client.get("/coaching/book").text


def test_who_declines_keeps_their_place_for_another_opening(wait, opens, sweep, offers, offer_link, client, work):
    wait(ADA)
    wait(GRACE)
    opens()
    sweep()
    link = offer_link(ADA)
    assert client.post(f"{link}/refusal").status_code == 303
    assert "goes to the next person" in client.get(link).text
    work()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]
    later = DAY + timedelta(days=7)
    opens(day=later)
    sweep()
    assert offers()[2:] == [(ADA, FIRST + timedelta(days=7))]


def test_an_opening_passed_on_is_not_offered_again_half_an_hour_later(wait, opens, sweep, offers, offer_link, client):
    wait(ADA)
    wait(GRACE)
    opens(1)
    sweep()
    db.session.scalars(select(DateOverride)).one().end_minute += 30  # So it could begin at 10:30, too.
    db.session.commit()
    client.post(f"{offer_link(ADA)}/refusal")
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]


@pytest.mark.parametrize(
    ("wish", "suits"),
    [
        ({"weekdays": ["2"], "day_parts": ["day"]}, True),
        ({"weekdays": ["1", "3"], "day_parts": ["day"]}, False),
        ({"weekdays": ["2"], "day_parts": ["early", "evening", "night"]}, False),
        ({"weekdays": ["3"], "day_parts": ["night"], "time_zone": "Asia/Tokyo"}, True),  # Thursday, midnight.
        ({"weekdays": ["2"], "day_parts": ["night"], "time_zone": "Asia/Tokyo"}, False),
        ({"weekdays": ["2"], "day_parts": ["early"], "time_zone": "America/Los_Angeles"}, True),
        ({"weekdays": ["2"], "day_parts": ["evening"], "time_zone": "Asia/Kathmandu"}, True),
        ({"kind": "introduction", "weekdays": ["2"], "day_parts": ["day"]}, True),
    ],
)
def test_only_what_suits_is_offered_on_the_clocks_of_who_waits(wait, opens, sweep, offers, wish, suits):
    wait(ADA, **wish)
    opens()
    sweep()
    assert offers() == ([(ADA, FIRST)] if suits else [])


def test_who_waits_for_a_coach_is_not_offered_another(wait, opens, sweep, offers, shut):
    other = Coach(slug="other", name="Sam Other", time_zone="America/New_York", position=2)
    db.session.add(other)
    db.session.commit()
    wait(ADA, coach="other")
    wait(GRACE, coach=None)
    opens()
    sweep()
    assert offers() == [(GRACE, FIRST)]
    other.date_overrides = [DateOverride(day=DAY, is_extra=True, start_minute=600, end_minute=645)]
    db.session.commit()
    sweep()
    assert offers() == [(GRACE, FIRST), (ADA, FIRST)]
    assert open_offer_of(ADA).coach_id == other.id


def open_offer_of(email):
    return next(offer for offer in db.session.scalars(select(SlotOffer)) if offer.entry.person.email == email)


def test_a_coach_who_takes_no_more_that_day_is_offered_to_nobody_else(wait, opens, sweep, offers, shut):
    wait(ADA)
    wait(GRACE)
    shut.most_per_day = 1
    opens(3)
    sweep()
    assert offers() == [(ADA, FIRST)]


def test_who_never_answers_is_asked_no_more_and_told_so(wait, opens, sweep, offers, clock, mail, client, entries):
    link = wait()
    for week in range(4):
        opens(day=DAY + timedelta(weeks=week))
    for _ in range(5):
        sweep()
        clock.advance(hours=5)
    assert len(offers()) == 3
    [told] = mail.to(ADA, "coaching/waiting_paused")
    assert path_in(told, "entries")
    assert entries()[0].state == "paused"
    assert "We stopped writing to you" in client.get(link).text
    client.post(f"{link}/wish", data={"weekdays": ["2"], "day_parts": ["day"], "time_zone": "America/New_York",
                                      "also_at_night": "y"})  # fmt: skip
    sweep()
    assert len(offers()) == 4


def test_who_left_before_an_offer_lapsed_hears_no_more(wait, opens, sweep, offers, clock, mail, client, entries):
    link = wait()
    for week in range(3):
        opens(day=DAY + timedelta(weeks=week))
    for number in range(3):
        sweep()
        clock.advance(hours=5)
        if number == 2:
            client.post(f"{link}/departure")
    before = len(mail.all)
    sweep()
    assert len(offers()) == 3
    assert len(mail.all) == before
    assert entries()[0].state == "ended"


def test_a_no_is_an_answer(wait, opens, sweep, offers, clock, client, offer_link, mail):
    wait()
    for week in range(5):
        opens(day=DAY + timedelta(weeks=week))
    for number in range(5):
        sweep()
        if number == 2:
            client.post(f"{offer_link()}/refusal")
        clock.advance(hours=5)
    assert len(offers()) == 5
    assert mail.to(ADA, "coaching/waiting_paused") == []


def test_a_cancelled_booking_is_offered_by_the_next_sweep(wait, opens, sweep, offers, book, client):
    opens()
    link = book(email=GRACE, slot=slot_value(FIRST)).location
    wait(ADA)
    sweep()
    assert offers() == []
    client.post(f"{link}/cancellation")
    sweep()
    assert offers() == [(ADA, FIRST)]


def test_who_has_booked_is_offered_nothing_while_that_stands(wait, opens, sweep, offers, book, client, mail):
    wait(ADA)
    opens(2)
    link = book(email=ADA, slot=slot_value(FIRST)).location
    sweep()
    assert offers() == []
    client.post(f"{link}/cancellation")
    sweep()
    assert offers() == [(ADA, FIRST)]


def test_what_is_held_for_somebody_who_books_something_else_goes_on(wait, opens, sweep, offers, book, entries):
    wait(ADA)
    wait(GRACE, time_zone="America/New_York")
    opens(2)
    sweep()
    assert offers() == [(ADA, FIRST), (GRACE, SECOND)]
    opens(day=DAY + timedelta(days=1))
    book(email=ADA, slot=slot_value(FIRST + timedelta(days=1)))
    wait(LIN)
    sweep()
    assert offers()[2:] == [(LIN, FIRST)]
    assert entries()[0].unanswered == 0


def test_one_person_has_one_open_offer_whatever_they_wait_for(wait, opens, sweep, offers):
    wait(ADA)
    wait(ADA, kind="introduction")
    opens(3)
    sweep()
    sweep()
    assert offers() == [(ADA, FIRST)]


def test_a_mail_that_cannot_be_written_holds_nobody_up(wait, opens, sweep, offers, entries, caplog):
    wait(ADA)
    wait(GRACE)
    entries()[0].time_zone = "Mars/Olympus"
    db.session.commit()
    opens(3)
    sweep()
    assert offers() == [(GRACE, FIRST)]
    assert "nothing could be offered to no." in caplog.text


def test_a_long_line_is_served_in_several_sweeps_in_its_order(wait, opens, sweep, offers, monkeypatch):
    monkeypatch.setattr(offering, "MOST_IN_A_SWEEP", 2)
    sleeper = "sunday@example.org"
    line = [ADA, sleeper, GRACE, LIN, "mae@example.org"]
    for email in line:
        wait(email, **({"weekdays": ["6"]} if email == sleeper else {}))
    opens(4)
    sweep()
    assert [email for email, _ in offers()] == [ADA, GRACE]
    sweep()
    assert [email for email, _ in offers()] == [ADA, GRACE, LIN, "mae@example.org"]


def test_nobody_in_line_is_no_work(opens, sweep, queries):
    opens()
    with queries() as sent:
        sweep()
    assert len([statement for statement in sent if "FROM" in statement]) == 2


def test_a_longer_line_asks_no_more_of_the_database(wait, opens, sweep, offers, queries):
    counts = []
    for number in range(6):
        wait(f"waiting{number}@example.org", weekdays=["6"], kind="consultation")
        if number in (1, 5):
            with queries() as sent:
                sweep()
            counts.append(len(sent))
    assert counts[0] == counts[1]
    assert offers() == []


def test_old_rows_are_forgotten(wait, join, opens, book, sweep, entries, clock, client):
    link = wait(ADA)
    join(GRACE, anyway="y")
    opens()
    book(email=ADA, slot=slot_value(FIRST))
    db.session.rollback()
    forget_old_entries.call_local()
    assert [entry.person.email for entry in entries()] == [ADA, GRACE]
    clock.time = FIRST
    forget_old_entries.call_local()
    assert [entry.person.email for entry in entries()] == [GRACE]
    assert client.get(link).status_code == 404
    clock.advance(days=30)
    forget_old_entries.call_local()
    assert entries() == []
