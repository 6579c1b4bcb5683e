import threading

import pytest

from app import followups
from app.extensions import db
from app.followups import SequenceRun, SequenceStep
from app.followups.tasks import send_due_steps, sweep_followups
from app.people.models import Consent
from tests.followups.conftest import sequence_of


def begin(person, name="welcome", occasion="", **values):
    run = followups.start(name, person, occasion, **values)
    db.session.commit()
    return run


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
    followups.start("welcome", ada)
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


def test_another_occasion_starts_it_anew(ada, welcome, mail, work):
    begin(ada, occasion="consultation:12")
    begin(ada, occasion="consultation:13")
    work()
    assert subjects(mail) == ["Letter one", "Letter one"]


def test_what_was_stopped_or_finished_is_not_started_again(ada, welcome, mail, work, clock):
    begin(ada)
    followups.stop("welcome", ada, reason="enrolled")
    db.session.commit()
    run = begin(ada)
    work()
    assert mail.all == []
    assert (run.stop_reason, run.next_at) == ("enrolled", None)


def test_stopping_one_occasion_leaves_the_others(ada, welcome, mail, work):
    begin(ada, occasion="consultation:12")
    begin(ada, occasion="consultation:13")
    followups.stop("welcome", ada, "consultation:12", reason="cancelled")
    db.session.commit()
    work()
    assert len(mail.all) == 1


def test_stopping_everything_can_be_kept_to_some_purposes(ada, welcome, mail, work):
    sequence_of("course", {"slug": "course"}, purpose="course")
    begin(ada)
    begin(ada, "course")
    followups.stop_all(ada, "unsubscribed", purposes=["newsletter"])
    db.session.commit()
    work()
    assert subjects(mail) == ["Letter course"]
    followups.stop_all(ada, "unsubscribed")
    db.session.commit()
    assert db.session.scalars(db.select(SequenceRun).where(SequenceRun.next_at.is_not(None))).all() == []


def test_a_stop_is_for_one_person(ada, welcome, mail, work):
    from app.people.models import Person

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


def test_a_sequence_the_owner_removed_harms_nobody(ada, mail, work, caplog):
    assert begin(ada, "gone") is None
    work()
    assert mail.all == []
    assert "no sequence is named gone" in caplog.text


def test_a_value_for_no_field_is_refused_at_once(ada, welcome):
    with pytest.raises(ValueError, match="first_nam"):
        followups.start("welcome", ada, first_nam="Ada")


def test_a_step_added_before_where_a_run_stands_is_not_sent_and_none_repeats(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    clock.advance(days=1)
    sweep()
    by_slug = {step.slug: step for step in welcome.steps}
    by_slug["three"].position, by_slug["two"].position = 4, 3
    welcome.steps.append(SequenceStep(position=2, slug="new", subject="Letter new", delay_hours=0, body="New."))
    db.session.commit()
    for _ in range(5):
        clock.advance(days=2)
        sweep()
    assert subjects(mail) == ["Letter one", "Letter two", "Letter three"]


def test_moving_a_passed_step_behind_does_not_repeat_it(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    welcome.steps[0].position = 9
    db.session.commit()
    for _ in range(5):
        clock.advance(days=2)
        sweep()
    assert subjects(mail) == ["Letter one", "Letter two", "Letter three"]


def test_a_removed_step_is_skipped(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    welcome.steps.remove(welcome.steps[1])
    db.session.commit()
    db.session.expire_all()
    clock.advance(days=1)
    sweep()
    assert subjects(mail) == ["Letter one", "Letter three"]


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
    clock.advance(hours=1)
    sweep()
    assert subjects(mail) == ["Letter course", "Letter one"]


def test_workers_at_once_write_each_letter_once(app, ada, welcome, mail, clock):
    for number in range(10):
        followups.start("welcome", ada, f"consultation:{number}")
    db.session.commit()
    ready = threading.Barrier(6)
    problems = []

    def worker():
        with app.app_context():
            ready.wait()
            try:
                send_due_steps.call_local()
            except Exception as problem:  # A test must hear of it.
                problems.append(problem)

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert subjects(mail) == ["Letter one"] * 10


def test_starts_at_once_are_one_start(app, ada, welcome, mail, clock):
    ready = threading.Barrier(6)
    problems = []
    ada_id = ada.id
    db.session.rollback()

    def starter():
        from app.people.models import Person

        with app.app_context():
            ready.wait()
            try:
                begin(db.session.get_one(Person, ada_id), occasion="order:1")
            except Exception as problem:  # A test must hear of it.
                problems.append(problem)

    threads = [threading.Thread(target=starter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep()
    assert problems == []
    assert subjects(mail) == ["Letter one"]
