"""At most one letter a day to a person."""

from datetime import datetime, timedelta

import pytest

from app import followups
from app.extensions import db
from app.followups.daily import A_DAY, marketed_since
from app.followups.tasks import sweep_followups
from app.people.models import Person
from tests.followups.conftest import begin, sequence_of


def test_who_had_a_letter_lately_is_known_for_many_at_once(ada, welcome, work, clock, queries):
    sequence_of("course", {"slug": "course"}, purpose="course")
    grace, mary = Person.at("grace@example.org"), Person.at("mary@example.org")
    for person, name in ((ada, "welcome"), (grace, "course")):
        begin(person, name)
    work()
    first = clock.time
    clock.advance(hours=10)
    begin(mary, "course")
    work()
    people = [ada.id, grace.id, mary.id, Person.at("nobody@example.org").id]
    with queries() as sent:
        assert marketed_since(people, clock.time - A_DAY) == {ada.id: first, grace.id: first, mary.id: clock.time}
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
    clock.advance(hours=14)
    assert marketed_since(people, clock.time - A_DAY) == {mary.id: clock.time - timedelta(hours=14)}
    assert marketed_since([], clock.time - A_DAY) == {}


def sent_at(mail):
    return [(email.subject, email.created_at) for email in mail.all]


@pytest.fixture
def three(ada, clock):
    """Ada on the way through three sequences whose first letters are due within a minute, b before a before c."""
    for name in "abc":
        sequence_of(name, {"slug": name}, {"slug": f"{name}{name}", "delay_hours": 24})
    for name in "bac":
        begin(ada, name)
        clock.advance(seconds=20)


def test_nobody_gets_two_letters_a_day_and_none_is_lost(three, mail, clock):
    start = clock.time
    for _ in range(8 * 8):
        sweep_followups.call_local()
        clock.advance(hours=3)
    letters = sent_at(mail)
    assert [subject for subject, _ in letters] == [f"Letter {slug}" for slug in ("b", "a", "c", "bb", "aa", "cc")]
    assert [at - start for _, at in letters] == [timedelta(days=day) for day in range(6)]


def test_the_next_letter_goes_out_to_the_minute_a_day_after_the_last(three, mail, clock):
    sweep_followups.call_local()
    clock.advance(hours=23, minutes=59, seconds=59)
    sweep_followups.call_local()
    assert len(mail.all) == 1
    clock.advance(seconds=1)
    sweep_followups.call_local()
    assert len(mail.all) == 2


@pytest.mark.parametrize("day", ["2027-03-13T17:00", "2027-03-27T12:00", "2027-10-30T12:00", "2027-11-06T17:00"])
def test_a_day_is_a_day_where_clocks_change(three, mail, clock, day):
    """Over the nights in which clocks go forward or back in New York and Berlin."""
    clock.time = datetime.fromisoformat(f"{day}+00:00")
    for _ in range(47):
        sweep_followups.call_local()
        clock.advance(hours=1)
    (_, first), (_, second), *rest = sent_at(mail)
    assert (second - first, rest) == (timedelta(hours=24), [])


def test_a_clock_set_back_lets_no_letter_go_twice(three, mail, clock):
    sweep_followups.call_local()
    clock.advance(hours=-3)
    for _ in range(13):
        sweep_followups.call_local()
        clock.advance(hours=2)
    assert len(mail.all) == 1
    clock.advance(hours=1)
    sweep_followups.call_local()
    assert len(mail.all) == 2


def test_what_is_held_back_is_looked_at_no_more_often_than_needed(three, mail, clock, queries):
    sweep_followups.call_local()
    clock.advance(hours=1)
    with queries() as sent:
        sweep_followups.call_local()
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1


def test_who_unsubscribes_is_out_of_what_was_held_back(three, ada, mail, clock):
    sweep_followups.call_local()
    followups.stop_all(ada, "unsubscribed")
    db.session.commit()
    clock.advance(days=9)
    sweep_followups.call_local()
    assert len(mail.all) == 1
