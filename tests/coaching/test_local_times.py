from datetime import datetime

import pytest

from app.clock import is_zone
from app.local_times import (
    SkippedTime,
    clock_time,
    comes_twice,
    in_words,
    instant,
    zone_choices,
    zone_in_words,
)
from tests.coaching.picker_page import times_on, words_on


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("shown", "zone", "utc"),
    [
        ("2026-12-01T19:30", "America/New_York", "2026-12-02T00:30"),
        ("2027-03-14T01:59", "America/New_York", "2027-03-14T06:59"),
        ("2027-03-14T03:00", "America/New_York", "2027-03-14T07:00"),
        ("2027-03-14T15:00", "America/New_York", "2027-03-14T19:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30"),
        ("2026-12-01T09:00", "Asia/Kathmandu", "2026-12-01T03:15"),
        ("2026-12-01T09:00", "America/St_Johns", "2026-12-01T12:30"),
        ("2026-10-04T02:30", "Australia/Lord_Howe", "2026-10-03T15:30"),
        ("2026-12-01T09:00", "UTC", "2026-12-01T09:00"),
    ],
)
def test_a_wall_time_means_one_instant(shown, zone, utc):
    assert instant(wall(shown), zone).isoformat() == f"{utc}:00+00:00"


@pytest.mark.parametrize(
    ("shown", "zone", "until"),
    [
        ("2027-03-14T02:00", "America/New_York", "3:00 AM"),
        ("2027-03-14T02:30", "America/New_York", "3:00 AM"),
        ("2027-03-14T02:59", "America/New_York", "3:00 AM"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2:30 AM"),
        ("2011-12-30T12:00", "Pacific/Apia", "12:00 AM"),
    ],
)
def test_a_skipped_time_says_where_the_clocks_go_on(shown, zone, until):
    with pytest.raises(SkippedTime) as skipped:
        instant(wall(shown), zone)
    assert clock_time(skipped.value.until) == until


@pytest.mark.parametrize(
    ("shown", "zone", "twice"),
    [
        ("2026-11-01T01:30", "America/New_York", True),
        ("2026-11-01T02:00", "America/New_York", False),
        ("2027-04-04T01:45", "Australia/Lord_Howe", True),
        ("2027-04-04T01:15", "Australia/Lord_Howe", False),
    ],
)
def test_it_is_known_which_times_come_twice(shown, zone, twice):
    assert comes_twice(instant(wall(shown), zone), zone) is twice


def test_a_zone_without_letters_shows_its_distance():
    moment = instant(wall("2026-12-01T09:05"), "Asia/Kathmandu")
    assert in_words(moment, "Asia/Kathmandu") == "Tuesday, December 1, 2026, 9:05 AM UTC+05:45"
    assert in_words(moment, "America/New_York") == "Monday, November 30, 2026, 10:20 PM EST"
    assert zone_in_words("America/Argentina/Buenos_Aires") == "Buenos Aires (America/Argentina/Buenos_Aires)"


def test_every_zone_on_offer_is_one_and_stands_there_once():
    names = [name for zones in zone_choices().values() for name, _ in zones]
    assert len(names) == len(set(names))
    assert all(is_zone(name) for name in names)
    assert {"Asia/Kathmandu", "Australia/Lord_Howe", "America/Argentina/Ushuaia", "Europe/Oslo", "UTC"} <= set(names)
    assert not {"Asia/Katmandu", "Asia/Calcutta", "America/Indianapolis", "Europe/Belfast"} & set(names)


def test_an_older_name_of_a_zone_is_taken_and_stands_there_as_itself(book, client, consultations, coach, mail):
    page = client.get("/coaching/book?time_zone=Asia/Katmandu").text
    assert '<option value="Asia/Katmandu" selected>' in page
    assert '<option value="Asia/Katmandu"' not in client.get("/coaching/book").text
    assert book(time_zone="Asia/Katmandu").status_code == 303
    assert consultations()[0].time_zone == "Asia/Katmandu"
    answer = client.post("/coaching/waiting", data={"time_zone": "Asia/Katmandu"})
    assert '<option selected value="Asia/Katmandu">' in answer.text
    assert "time zones in the list" not in answer.text


def test_a_skipped_hour_is_not_on_offer_and_its_day_says_why(client, coach, frozen):
    frozen.advance(days=90)
    page = client.get("/coaching/book?week=2027-03-14&time_zone=America/New_York").text
    assert "Clocks go forward this day: EST becomes EDT." in page
    assert words_on(page)[:6] == [
        f"Sunday, March 14, 2027, {clock}"
        for clock in ("12:00 AM EST", "12:30 AM EST", "1:00 AM EST", "1:30 AM EST", "3:00 AM EDT", "3:30 AM EDT")
    ]


def test_an_hour_that_comes_twice_is_offered_twice_told_apart_and_each_means_itself(ask, client, coach, mail, frozen):
    frozen.advance(days=300)
    page = client.get("/coaching/request?week=2027-11-07&time_zone=America/New_York").text
    assert "Clocks go back this day: EDT becomes EST." in page
    assert page.index("1:30 AM EDT</span>") < page.index("1:30 AM EST</span>")  # Also for who sees the page.
    for email, slot, words in (
        ("ada@example.org", "2027-11-07T05:30Z", "Sunday, November 7, 2027, 1:30 AM EDT"),
        ("grace@example.org", "2027-11-07T06:30Z", "Sunday, November 7, 2027, 1:30 AM EST"),
    ):
        assert (slot, words, False) in times_on(page)
        assert ask(email=email, time_zone="America/New_York", slot=slot).status_code == 303
        (to_person,) = mail.to(email)
        for part in (to_person.body, to_person.html, mail.all[-1].body):
            assert words in part


@pytest.mark.parametrize(
    ("zone", "slot", "words", "for_the_coach"),
    [
        ("Asia/Kathmandu", "2026-12-01T03:30Z", "9:15 AM UTC+05:45", "Monday, November 30, 2026, 10:30 PM EST"),
        ("Australia/Lord_Howe", "2026-11-30T22:00Z", "9:00 AM UTC+11:00", "Monday, November 30, 2026, 5:00 PM EST"),
        ("Asia/Calcutta", "2026-12-01T03:30Z", "9:00 AM IST", "Monday, November 30, 2026, 10:30 PM EST"),
    ],
)
def test_page_and_mails_are_right_in_far_zones(ask, client, mail, zone, slot, words, for_the_coach):
    page = client.get("/coaching/book", query_string={"time_zone": zone, "week": "2026-12-01"}).text
    assert (slot, f"Tuesday, December 1, 2026, {words}", False) in times_on(page)
    ask(time_zone=zone, slot=slot)
    to_person, to_owner = mail.all
    for part in (to_person.body, to_person.html):
        assert f"Tuesday, December 1, 2026, {words}" in part
    for part in (to_owner.body, to_owner.html):
        assert for_the_coach in part
