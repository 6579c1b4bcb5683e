import threading

import pytest

from app import followups
from app.extensions import db
from app.followups import SequenceRun
from app.followups.tasks import send_due_steps, sweep_followups
from app.people.models import Consent, Person
from tests.followups.conftest import begin, sequence_of


def sweep():
    sweep_followups.call_local()


def subjects(mail):
    return [email.subject for email in mail.all]


def test_the_first_letter_goes_out_right_after_the_start(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    assert subjects(mail) == ["Letter one"]
    assert mail.recipients == ["ada@example.org"]


def test_each_letter_waits_for_its_delay_after_the_one_before(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    clock.advance(hours=23, minutes=59)
    sweep()
    assert subjects(mail) == ["Letter one"]
    clock.advance(minutes=1)
    sweep()
    assert subjects(mail) == ["Letter one", "Letter two"]
    clock.advance(hours=47)
    sweep()
    assert subjects(mail) == ["Letter one", "Letter two"]
    clock.advance(hours=1)
    sweep()
    assert subjects(mail) == ["Letter one", "Letter two", "Letter three"]
    assert db.session.scalars(db.select(SequenceRun)).one().finished_at == clock.time


def test_letters_that_a_sleeping_worker_missed_do_not_all_come_at_once(ada, welcome, mail, work, clock):
    begin(ada)
    clock.advance(days=30)
    sweep()
    sweep()
    assert subjects(mail) == ["Letter one"]


def test_a_start_that_is_rolled_back_never_was(ada, welcome, mail, work):
    followups.happened("tag", ada, tag="welcome")
    db.session.rollback()
    work()
    sweep()
    assert mail.all == []


def test_starting_twice_for_one_occasion_starts_once(ada, welcome, mail, work, clock):
    first = begin(ada, occasion="consultation:12")
    work()
    assert begin(ada, occasion="consultation:12") is first
    work()
    assert subjects(mail) == ["Letter one"]


def test_another_occasion_starts_it_anew(ada, welcome, mail, work, clock):
    begin(ada, occasion="consultation:12")
    begin(ada, occasion="consultation:13")
    work()
    assert subjects(mail) == ["Letter one"]
    clock.advance(days=1)
    sweep()
    assert subjects(mail) == ["Letter one", "Letter one"]


def test_what_was_stopped_or_finished_is_not_started_again(ada, welcome, mail, work, clock):
    begin(ada)
    followups.call_off(ada, "", "enrolled")
    db.session.commit()
    run = begin(ada)
    work()
    assert mail.all == []
    assert (run.stop_reason, run.next_at) == ("enrolled", None)


def test_calling_off_one_occasion_leaves_the_others(ada, welcome, mail, work):
    first, second = (begin(ada, occasion=occasion) for occasion in ("consultation:12", "consultation:13"))
    followups.call_off(ada, "consultation:12", "cancelled")
    db.session.commit()
    work()
    assert len(mail.all) == 1
    assert (first.stop_reason, second.stop_reason) == ("cancelled", "")


def test_stopping_everything_stops_every_purpose(ada, welcome, mail, work):
    sequence_of("course", {"slug": "course"}, purpose="course")
    begin(ada)
    begin(ada, "course")
    followups.stop_all(ada, "unsubscribed")
    db.session.commit()
    work()
    assert mail.all == []
    assert db.session.scalars(db.select(SequenceRun).where(SequenceRun.next_at.is_not(None))).all() == []


def test_a_stop_is_for_one_person(ada, welcome, mail, work):
    grace = Person.at("grace@example.org")
    begin(ada)
    begin(grace)
    followups.stop_all(ada, "unsubscribed")
    db.session.commit()
    work()
    assert mail.recipients == ["grace@example.org"]


def test_who_withdrew_after_the_start_gets_nothing_more(ada, welcome, mail, work, clock):
    begin(ada)
    Consent.record(ada, "newsletter", "withdrawn", wording="Leave", page="/")
    db.session.commit()
    work()
    clock.advance(days=10)
    sweep()
    assert mail.all == []
    assert db.session.scalars(db.select(SequenceRun)).one().stop_reason == "the person left, or is suppressed"


def test_withdrawing_from_one_purpose_leaves_the_others(ada, mail, work):
    sequence_of("course", {"slug": "course"}, purpose="course")
    Consent.record(ada, "newsletter", "withdrawn", wording="Leave", page="/")
    begin(ada, "course")
    work()
    assert subjects(mail) == ["Letter course"]


def test_a_person_who_is_shut_out_gets_nothing(ada, welcome, mail, work):
    ada.active = False
    begin(ada)
    work()
    assert mail.all == []


def test_a_sequence_without_steps_is_over_at_once(ada, mail, work):
    sequence_of("empty")
    run = begin(ada, "empty")
    work()
    assert run.finished_at
    assert mail.all == []


def test_a_value_for_no_field_is_refused_at_once(ada, welcome):
    with pytest.raises(ValueError, match="first_nam"):
        followups.happened("sign-up", ada, first_nam="Ada")


def test_an_event_nobody_knows_is_refused_at_once(ada):
    with pytest.raises(ValueError, match="sing-up"):
        followups.happened("sing-up", ada)


def test_a_letter_that_cannot_be_written_holds_up_nobody_else(ada, welcome, mail, work, clock, caplog):
    sequence_of("course", {"slug": "course"}, purpose="course")
    broken = begin(ada)
    broken.values = {"first_name": 3}  # What no code of ours stores.
    welcome.steps[0].body = "{first_name}"
    db.session.commit()
    clock.advance(seconds=1)
    begin(ada, "course")
    work()
    assert subjects(mail) == ["Letter course"]
    assert "could not be written" in caplog.text
    broken.values = {}
    db.session.commit()
    clock.advance(days=1)
    sweep()
    assert subjects(mail) == ["Letter course", "Letter one"]


def at_once(app, number, act):
    """Run `act` in so many threads at the same moment, each with the site to itself."""
    ready, problems = threading.Barrier(number), []
    db.session.rollback()

    def run():
        with app.app_context():
            ready.wait()
            try:
                act()
            except Exception as problem:  # A test must hear of it.
                problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_workers_at_once_write_each_letter_once(app, welcome, mail, clock):
    readers = [f"reader{number}@example.org" for number in range(10)]
    for reader in readers:
        begin(Person.at(reader))
    at_once(app, 6, send_due_steps.call_local)
    assert sorted(mail.recipients) == readers


def test_workers_at_once_write_one_letter_a_day_to_one_person(app, ada, welcome, mail, clock):
    for number in range(10):
        begin(ada, occasion=f"consultation:{number}")
    at_once(app, 6, send_due_steps.call_local)
    assert subjects(mail) == ["Letter one"]
    clock.advance(days=1)
    at_once(app, 6, send_due_steps.call_local)
    assert subjects(mail) == ["Letter one"] * 2


def test_starts_at_once_are_one_start(app, ada, welcome, mail, clock):
    ada_id = ada.id
    at_once(app, 6, lambda: begin(db.session.get_one(Person, ada_id), occasion="order:1"))
    sweep()
    assert subjects(mail) == ["Letter one"]
