"""Transactions that want the same person's rows at the same moment: both end well, and leaving has the last word."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from app import followups
from app.clock import now
from app.extensions import db
from app.followups import SequenceRun, emails
from app.followups.leaving import unsubscribe_url
from app.newsletter.allowance import Allowance
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.preferences import my_data
from app.newsletter.preferences.leaving import leave_everything
from app.newsletter.sign_ups import SignUp
from app.newsletter.tasks import send_issues
from app.people.models import Consent, Person
from tests.newsletter.conftest import ADA, fresh
from tests.newsletter.everything import GRACE, with_everything


@pytest.fixture
def beside_leaving(app, ada):
    """Runs `work(go)` in a thread; from where it calls go(), Ada's unsubscribing gets half a second to come between."""

    def run(work):
        path = unsubscribe_url(ada.person).removeprefix("http://localhost:8000")
        db.session.rollback()
        may_leave, failures = threading.Event(), []

        def go():
            may_leave.set()
            time.sleep(0.5)

        def working():
            with app.app_context():
                try:
                    work(go)
                    db.session.commit()
                except Exception as failure:
                    failures.append(failure)
                    db.session.rollback()

        thread = threading.Thread(target=working)
        thread.start()
        may_leave.wait(5)
        status = app.test_client().post(path).status_code
        thread.join()
        assert (failures, status) == ([], 303)

    return run


def stop_reasons():
    return fresh(lambda: {run.stop_reason for run in db.session.scalars(db.select(SequenceRun))})


def test_leaving_while_a_letter_is_being_written(ada, beside_leaving):
    ada.subscribe()

    def write_letter(go):
        (run,) = SequenceRun.due_of(SequenceRun.turn_of(ada.person.id))
        go()
        emails.step(run, run.take_step())

    beside_leaving(write_letter)
    assert ada.subscription.state == "left"
    assert [email.state for email in ada.mail.to(ADA, "followups/step")] == ["withdrawn"]


def test_leaving_while_letters_are_held_back_for_an_issue(ada, beside_leaving):
    ada.subscribe()
    db.session.add(Issue(slug="one", title="One", subject="One", body="B", scheduled_at=now() + timedelta(hours=1)))
    db.session.commit()

    def hold_back(go):
        person_ids = SequenceRun.whose_turn(9)
        go()
        assert (len(person_ids), SequenceRun.hold_back(person_ids)) == (1, [])

    beside_leaving(hold_back)
    assert stop_reasons() == {"unsubscribed"}
    assert fresh(lambda: db.session.scalars(db.select(SequenceRun.next_at)).all()) == [None]


def test_leaving_while_the_subscription_is_being_confirmed(ada, beside_leaving):
    ada.sign_up(first_name="Ada")
    token = ada.confirmation_path().rpartition("/")[2]

    def confirm(go):
        sign_up = SignUp.from_link(token, for_use=True)
        go()
        sign_up.confirm()

    beside_leaving(confirm)
    assert (ada.person.name, ada.subscription.state) == ("Ada", "left")
    assert [line.action for line in ada.ledger] == ["requested", "given", "withdrawn"]
    assert stop_reasons() == {"unsubscribed"}


def test_leaving_while_a_sequence_is_stopped_and_the_person_learns_a_name(ada, beside_leaving):
    ada.subscribe()

    def cancel(go):
        person = Person.with_email(ADA)
        followups.call_off(person, "", "cancelled")
        go()
        person.take_name("Ada")

    beside_leaving(cancel)
    assert (ada.person.name, ada.subscription.state) == ("Ada", "left")
    assert stop_reasons() == {"cancelled"}


def test_the_persons_lock_keeps_what_was_changed_before_it(app, ada):
    ada.subscribe()
    person = Person.with_email(ADA)
    person.rename("Ada")
    assert Person.for_update(person.id).name == "Ada"
    Consent.record(person, "newsletter", "withdrawn", wording="Leave", page="/")
    followups.stop_all(person, "unsubscribed")
    db.session.commit()
    assert ada.person.name == "Ada"


def test_an_issue_is_frozen_for_the_others_while_somebody_is_erased(app, ada, mail_server):
    """PostgreSQL sees the reader when it begins to write the deliveries, and not any more when it comes to theirs."""
    ada.subscribe()
    grace = Person(email="grace@example.org")
    issue = Issue(slug="one", title="One", subject="Hello", body="Words.")
    db.session.add_all([issue, Subscription(person=grace, confirmed_at=now())])
    db.session.flush()
    issue.schedule(now())
    db.session.commit()
    issue_id, grace_id = issue.id, grace.id
    db.session.execute(db.delete(Person).where(Person.id == grace_id))
    failures = []

    def send():
        with app.app_context():
            try:
                send_issues.call_local()
            except Exception as failure:
                failures.append(failure)

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.5)
    db.session.commit()
    thread.join()
    assert failures == []
    assert fresh(lambda: db.session.get_one(Issue, issue_id)).recipients == 1


def test_who_is_erased_while_they_leave_is_gone(ada):
    ada.subscribe()
    person = ada.person
    db.session.execute(db.delete(Person).where(Person.id == person.id).execution_options(synchronize_session=False))
    leave_everything(person, page="/")
    db.session.commit()
    assert ada.person is None
    assert fresh(lambda: db.session.query(Consent).count()) == 0


@pytest.fixture(params=[True, False], ids=["who stays in the books", "who leaves no row"])
def grace(request, app):
    """Somebody to erase, who is on no list, and to whom a form may write."""
    person = with_everything() if request.param else Subscription.at(GRACE).person
    Allowance.take(GRACE)
    db.session.execute(db.update(Allowance).values(mailed_at=None))
    db.session.execute(db.update(Subscription).values(unsubscribed_at=now()))
    db.session.commit()
    return person


def erase(person):
    my_data.erase(Person.for_update(person.id))
    db.session.commit()


@pytest.mark.parametrize("form", ["newsletter/", "newsletter/new-link"])
def test_a_form_while_its_person_is_being_erased_finds_nobody(app, mail, grace, form):
    answers = []

    def fill_in():
        answers.append(app.test_client().post(f"/{form}", data={"email": GRACE}).status_code)

    thread = threading.Thread(target=fill_in)
    with paused_before("DELETE FROM subscription", thread.start):
        erase(grace)
    thread.join()
    assert answers == [303]
    person = fresh(lambda: Person.with_email(GRACE))
    is_new = person is not None and person.fs_uniquifier != grace.fs_uniquifier
    assert (is_new, person is None) == ((True, False) if form == "newsletter/" else (False, True))
    assert len(mail.to(GRACE, "newsletter/confirm_subscription")) == (form == "newsletter/")
    assert len(mail.to(GRACE, "newsletter/not_subscribed")) == (form != "newsletter/")


def test_whoever_is_erased_while_they_sign_up_is_gone_afterwards(app, client, grace):
    failures = []

    def erasing():
        with app.app_context():
            try:
                erase(grace)
            except Exception as failure:
                failures.append(failure)

    thread = threading.Thread(target=erasing)
    with paused_before("INSERT INTO sign_up", thread.start):
        assert client.post("/newsletter/", data={"email": GRACE}).status_code == 303
    thread.join()
    assert failures == []
    assert fresh(lambda: Person.with_email(GRACE)) is None


@contextmanager
def paused_before(statement, act):
    """Before this thread's first statement that begins so, `act` is done and given half a second."""
    this, done = threading.get_ident(), []

    def before(_connection, _cursor, text, *_):
        if text.startswith(statement) and threading.get_ident() == this and not done:
            done.append(act())
            time.sleep(0.5)

    event.listen(db.engine, "before_cursor_execute", before)
    yield
    event.remove(db.engine, "before_cursor_execute", before)
    assert done
