from datetime import datetime

import pytest

from app.clock import is_zone
from app.extensions import db
from app.local_times import (
    SkippedTime,
    clock_time,
    comes_twice,
    in_words,
    instant,
    zone_choices,
    zone_in_words,
)


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
    assert {"Asia/Calcutta", "Australia/Lord_Howe", "America/Argentina/Ushuaia", "UTC"} <= set(names)


def test_a_skipped_hour_is_refused_with_the_times_that_exist(ask, frozen):
    frozen.advance(days=60)
    answer = ask(time_zone="America/New_York", time_1="2027-03-14T02:30", time_2="")
    assert answer.status_code == 422
    assert "The clocks of your zone jump over 2:30 AM that day and go on at 3:00 AM." in answer.text


def test_an_hour_that_comes_twice_is_taken_the_first_time_and_the_mail_says_so(ask, mail, consultations, frozen):
    frozen.advance(days=300)
    assert ask(time_zone="America/New_York", time_1="2027-11-07T01:30", time_2="").status_code == 303
    (time,) = consultations()[0].preferred_times
    assert time.starts_at.isoformat() == "2027-11-07T05:30:00+00:00"
    assert time.comes_twice
    for part in (mail.all[0].body, mail.all[0].html, mail.all[1].body):
        assert "1:30 AM EDT (the first of the two" in part


@pytest.mark.parametrize(
    ("zone", "shown", "words", "for_the_coach"),
    [
        ("Asia/Kathmandu", "2026-12-01T09:00", "9:00 AM UTC+05:45", "Monday, November 30, 2026, 10:15 PM EST"),
        ("Australia/Lord_Howe", "2026-12-01T09:00", "9:00 AM UTC+11:00", "Monday, November 30, 2026, 5:00 PM EST"),
        ("Asia/Calcutta", "2026-12-01T09:00", "9:00 AM IST", "Monday, November 30, 2026, 10:30 PM EST"),
    ],
)
def test_both_mails_are_right_in_far_zones(ask, mail, zone, shown, words, for_the_coach):
    ask(time_zone=zone, time_1=shown, time_2="")
    to_person, to_owner = mail.all
    assert f"Tuesday, December 1, 2026, {words}" in to_person.body
    assert f"Tuesday, December 1, 2026, {words}" in to_person.html
    assert for_the_coach in to_owner.body
    assert for_the_coach in to_owner.html


def test_what_was_typed_survives_beside_the_instant(ask, consultations):
    ask(time_zone="Asia/Kathmandu", time_1="2026-12-01T09:00", time_2="")
    db.session.expire_all()
    (time,) = consultations()[0].preferred_times
    assert (time.wall_time, time.time_zone, time.position) == ("2026-12-01T09:00", "Asia/Kathmandu", 1)
