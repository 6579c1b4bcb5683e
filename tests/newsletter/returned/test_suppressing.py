"""Who is on the list of suppressions gets no letter; how one comes onto it, and off again."""

import threading
import time

import pytest

from app import followups
from app.extensions import db
from app.followups import SequenceRun
from app.followups import emails as followups_emails
from app.followups.tasks import sweep_followups
from app.newsletter.models import Subscription
from app.newsletter.returned.suppressing import lift, suppress
from app.newsletter.sign_ups import SignUp
from app.outbox import Email, post
from app.people.models import Person
from app.people.suppressions import BY_OWNER, COMPLAINT, ERASED, HARD_BOUNCE, SOFT_BOUNCES, Suppression
from tests.newsletter.conftest import ADA, at_once, fresh, rows_of_everybody


def suppressed(reason=HARD_BOUNCE, detail="550 5.1.1 unknown", address=ADA):
    suppress(address, reason, detail)
    db.session.commit()


def entry(address=ADA):
    return fresh(lambda: Suppression.of(address))


def takes_letters():
    return fresh(lambda: db.session.scalar(db.select(Subscription.id).where(Subscription.takes_letters()))) is not None


def test_a_suppressed_address_takes_no_letters_and_what_waits_is_stopped(ada, work, clock):
    ada.subscribe()
    work()
    (welcome,) = ada.mail.to(ADA, "followups/step")
    assert welcome.state == "waiting"
    assert takes_letters()
    suppressed()
    assert not takes_letters()
    assert (ada.subscription.state, ada.subscription.suppressed_at) == ("suppressed", clock.time)
    assert (entry().reason, entry().detail, entry().at) == (HARD_BOUNCE, "550 5.1.1 unknown", clock.time)
    (welcome,) = ada.mail.to(ADA, "followups/step")
    assert (welcome.state, welcome.may_be_sent_again) == ("withdrawn", False)


def test_running_sequences_stop_and_later_ones_write_nothing(ada, work, clock):
    ada.subscribe()
    suppressed()
    work()
    course = followups.Sequence(name="enrolled", title="Enrolled", purpose="course", starts_on="enrolled")
    course.steps = [followups.SequenceStep(position=1, slug="a", subject="A", delay_hours=24, body="A")]
    db.session.add(course)
    db.session.commit()
    followups.happened("enrolled", ada.person, "order:1")
    db.session.commit()
    clock.advance(days=2)
    sweep_followups.call_local()
    assert ada.mail.to(ADA, "followups/step") == []
    reasons = fresh(lambda: [run.stop_reason for run in db.session.scalars(db.select(SequenceRun))])
    assert reasons == ["suppressed: hard bounce", "the person left, or is suppressed"]


def test_what_was_asked_for_still_arrives(ada, mail_server, work):
    ada.subscribe()
    suppressed(COMPLAINT)
    post(to=ada.person, template="newsletter/not_subscribed", url="http://localhost:8000/")
    ada.client.post("/sign-in", data={"email": ADA})
    db.session.commit()
    work()
    sent = [email.template for email in ada.mail.to(ADA) if email.state == "sent"]
    assert {"newsletter/not_subscribed", "people/sign_in_link"} <= set(sent)
    assert "followups/step" not in sent


def test_suppressing_twice_changes_nothing(ada, clock):
    ada.subscribe()
    suppressed()
    before = rows_of_everybody()
    clock.advance(days=1)
    suppressed(SOFT_BOUNCES, "full")
    assert rows_of_everybody() == before


def test_a_complaint_outdoes_a_bounce_and_not_the_other_way_round(app):
    suppressed()
    suppressed(COMPLAINT, "abuse")
    assert (entry().reason, entry().detail) == (COMPLAINT, "abuse")
    suppressed(HARD_BOUNCE)
    assert (entry().reason, entry().detail) == (COMPLAINT, "abuse")


def test_what_a_server_says_is_kept_short_and_on_one_line(app):
    suppressed(detail="550\r\n no\0such " + "x" * 5000)
    assert entry().detail.startswith("550 no such xx")
    assert len(entry().detail) <= 500


@pytest.mark.parametrize("reason", [HARD_BOUNCE, SOFT_BOUNCES, ERASED])
def test_pressing_the_button_of_a_mailed_link_lets_an_address_back(ada, clock, reason):
    ada.subscribe()
    suppressed(reason)
    clock.advance(days=1)
    ada.sign_up()
    assert ada.subscription.state == "suppressed"
    assert entry()
    page = ada.client.get(ada.confirmation_path()).text
    assert "</button>" in page
    assert ada.confirm().status_code == 303
    assert entry() is None
    assert takes_letters()
    assert ada.subscription.lifted_at == clock.time
    assert [line.action for line in ada.ledger] == ["requested", "given", "requested", "given"]
    assert "</button>" not in ada.client.get(ada.confirmation_path()).text.split("<main", 1)[1].split("</main>")[0]


def test_a_link_pressed_before_the_bounce_lets_nobody_back(ada):
    ada.subscribe()
    suppressed()
    before = rows_of_everybody()
    assert ada.client.post(ada.confirmation_path()).status_code == 303
    assert rows_of_everybody() == before


@pytest.mark.parametrize("reason", [COMPLAINT, BY_OWNER])
def test_what_only_the_owner_lifts_gets_no_mail_from_a_form_and_the_same_answer(ada, clock, reason):
    ada.subscribe()
    suppressed(reason)
    clock.advance(days=1)
    before = [email.id for email in ada.mail.all]
    for path in ("/newsletter/", "/newsletter/new-link"):
        answers = [ada.client.post(path, data={"email": address}) for address in (ADA, "grace@example.org")]
        assert len({(answer.status_code, answer.location, answer.text) for answer in answers}) == 1
        clock.advance(days=1)
    assert [email.to_address for email in ada.mail.all if email.id not in before] == ["grace@example.org"] * 2
    assert [line.action for line in ada.ledger] == ["requested", "given"]
    assert not takes_letters()


@pytest.mark.parametrize("reason", [COMPLAINT, BY_OWNER])
def test_a_link_mailed_before_lifts_nothing_that_only_the_owner_lifts(ada, reason):
    ada.sign_up()
    suppressed(reason)
    assert ada.confirm().status_code == 410
    assert not takes_letters()
    assert entry().reason == reason


def test_an_address_on_the_list_begins_suppressed_when_it_is_new_here(ada, clock):
    suppressed(ERASED, "")
    ada.sign_up()
    assert ada.subscription.state == "suppressed"
    ada.confirm()
    assert ada.subscription.state == "active"
    assert entry() is None


def test_an_address_that_came_onto_the_list_unnoticed_is_let_in_by_no_link(ada):
    ada.sign_up()
    Suppression.add(ADA, COMPLAINT, "by another transaction, which did not see the new subscription")
    db.session.commit()
    ada.confirm()
    assert not takes_letters()


def test_the_owner_lifts_and_nobody_is_subscribed_by_it(ada, clock):
    ada.subscribe()
    ada.subscription.leave()
    db.session.commit()
    suppressed(COMPLAINT)
    assert lift(ADA)
    db.session.commit()
    assert entry() is None
    assert (ada.subscription.state, ada.subscription.suppressed_at, ada.subscription.lifted_at) == (
        "left", None, clock.time,
    )  # fmt: skip
    assert not takes_letters()
    assert not lift(ADA)


def test_an_address_nobody_is_known_by_is_suppressed_and_lifted_too(app):
    suppressed(address="nobody@example.org")
    assert entry("nobody@example.org").address == "nobody@example.org"
    assert lift("nobody@example.org")
    db.session.commit()
    assert entry("nobody@example.org") is None


def test_ten_reports_at_once_are_one_entry(app, ada):
    ada.subscribe()

    def report(_client, _index):
        with app.app_context():
            suppress(ADA, HARD_BOUNCE, "unknown")
            suppress("nobody@example.org", HARD_BOUNCE, "unknown")
            db.session.commit()
            return True

    assert at_once(app, 10, report) == [True] * 10
    assert fresh(lambda: db.session.query(Suppression).count()) == 2


def test_a_bounce_while_the_reader_confirms_again_ends_one_way_or_the_other(app, ada, clock):
    """Never with an error, and never on the list while letters go on."""
    ada.subscribe()
    suppressed()
    clock.advance(days=1)
    ada.sign_up()
    token = ada.confirmation_path().rpartition("/")[2]
    db.session.rollback()
    begun, failures = threading.Event(), []

    def confirm():
        with app.app_context():
            sign_up = SignUp.from_link(token, for_use=True)
            begun.set()
            time.sleep(0.4)
            try:
                sign_up.confirm()
                db.session.commit()
            except Exception as failure:
                failures.append(failure)
                db.session.rollback()

    thread = threading.Thread(target=confirm)
    thread.start()
    begun.wait(5)
    suppressed(detail="unknown still")
    thread.join()
    assert failures == []
    assert (entry() is not None) == (ada.subscription.suppressed_at is not None)


def test_suppressing_while_a_letter_is_being_written(app, ada, clock):
    """Whoever wrote it first, it does not go out."""
    ada.subscribe()
    written = threading.Event()

    def write_letter():
        with app.app_context():
            (run,) = SequenceRun.due_of(SequenceRun.turn_of(ada.person.id))
            written.set()
            time.sleep(0.3)
            if step := run.take_step():
                followups_emails.step(run, step)
            db.session.commit()

    thread = threading.Thread(target=write_letter)
    thread.start()
    written.wait(5)
    suppressed()
    thread.join()
    letters = fresh(lambda: [email.state for email in db.session.scalars(db.select(Email)) if "step" in email.template])
    assert letters in ([], ["withdrawn"])
    assert Person.with_email(ADA)
