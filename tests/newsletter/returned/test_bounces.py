"""What follows from a letter that comes back, is refused, or is complained about."""

import pytest

from app.extensions import db
from app.newsletter.returned import bounces
from app.newsletter.returned.suppressing import lift
from app.newsletter.sending.deliveries import Delivery
from app.people.models import Consent, Person
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES, Suppression
from tests.newsletter.conftest import ADA, at_once, fresh
from tests.newsletter.returned.conftest import counters, reason, sent

FULL, UNKNOWN, SPAM = "452 4.2.2 over quota", "550 5.1.1 User unknown", "550 5.7.1 blocked as spam"


def refused_letter(clock):
    delivery = sent(clock.time)
    delivery.sent_at, delivery.failed_at = None, clock.time
    db.session.commit()
    return delivery


def report(verb, *args, **kwargs):
    verb(*args, **kwargs)
    db.session.commit()


def test_a_hard_bounce_suppresses_at_once(subscribed, clock):
    delivery = sent(clock.time)
    report(bounces.bounced, delivery, "hard", UNKNOWN)
    assert reason() == HARD_BOUNCE
    assert (fresh(lambda: Suppression.of(ADA)).detail, subscribed.subscription.state) == (UNKNOWN, "suppressed")
    assert counters(delivery) == (1, 0)
    delivery = fresh(lambda: db.session.get(Delivery, delivery.id))
    assert (delivery.bounced_at, delivery.bounce_kind) == (clock.time, "hard")


def test_the_same_bounce_counts_once_however_often_it_comes(app, subscribed, clock):
    delivery_id = sent(clock.time).id

    def come(_client, _index):
        with app.app_context():
            bounces.bounced(db.session.get(Delivery, delivery_id), "hard", UNKNOWN)
            db.session.commit()
            return True

    assert at_once(app, 8, come) == [True] * 8
    assert counters(db.session.get(Delivery, delivery_id)) == (1, 0)
    assert fresh(lambda: db.session.query(Suppression).count()) == 1


def test_bounces_and_complaints_about_the_same_letters_at_once_wait_for_no_ring_of_locks(app, subscribed, clock):
    for _ in range(3):
        delivery_id = sent(clock.time).id

        def come(_client, index, delivery_id=delivery_id):
            with app.app_context():
                delivery = db.session.get(Delivery, delivery_id)
                db.session.commit()
                if index % 2:
                    bounces.bounced(delivery, "hard", UNKNOWN)
                else:
                    bounces.complained(ADA, "abuse", letter=delivery)
                db.session.commit()
                return True

        assert at_once(app, 6, come) == [True] * 6
        assert counters(db.session.get(Delivery, delivery_id)) == (1, 1)
    assert reason() == COMPLAINT


def test_three_soft_bounces_in_a_row_suppress(subscribed, clock):
    for number in range(3):
        assert reason() is None, number
        delivery = sent(clock.time)
        report(bounces.bounced, delivery, "soft", FULL)
        report(bounces.bounced, delivery, "soft", FULL)
        clock.advance(days=7)
    assert reason() == SOFT_BOUNCES


def test_a_letter_that_arrives_between_begins_the_count_anew(subscribed, clock):
    for bounces_it in (True, True, False, True, True):
        delivery = sent(clock.time)
        clock.advance(days=7)
        if bounces_it:
            report(bounces.bounced, delivery, "soft", FULL)
    assert reason() is None
    report(bounces.bounced, sent(clock.time), "soft", FULL)
    assert reason() == SOFT_BOUNCES


def test_the_order_in_which_bounces_come_in_does_not_matter(subscribed, clock):
    letters = []
    for _ in range(3):
        letters.append(sent(clock.time))
        clock.advance(days=1)
    sent(clock.time)  # Not back yet: it may come back, too.
    for letter in (letters[2], letters[0]):
        report(bounces.bounced, letter, "soft", FULL)
    assert reason() is None
    report(bounces.bounced, letters[1], "soft", FULL)
    assert reason() == SOFT_BOUNCES


def test_bounces_read_long_afterwards_suppress_nobody_who_got_letters_since(subscribed, clock):
    letters = [sent(clock.time) for _ in range(3)]
    clock.advance(days=7)
    sent(clock.time)
    clock.advance(days=7)
    for letter in letters:
        report(bounces.bounced, letter, "soft", FULL)
    assert reason() is None


def test_a_blocked_letter_is_counted_and_says_nothing_of_the_mailbox(subscribed, clock):
    for kind, words in (("soft", FULL), ("soft", FULL), ("", SPAM), ("", SPAM), ("", SPAM)):
        delivery = sent(clock.time)
        report(bounces.bounced, delivery, kind, words)
        clock.advance(days=7)
    assert (reason(), counters(delivery)) == (None, (1, 0))
    report(bounces.bounced, sent(clock.time), "soft", FULL)
    assert reason() == SOFT_BOUNCES


def test_a_hard_bounce_after_a_soft_one_of_the_same_letter_suppresses(subscribed, clock):
    delivery = sent(clock.time)
    report(bounces.bounced, delivery, "soft", FULL)
    report(bounces.bounced, delivery, "hard", UNKNOWN)
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    report(bounces.bounced, delivery, "soft", FULL)
    assert fresh(lambda: db.session.get(Delivery, delivery.id)).bounce_kind == "hard"


@pytest.mark.parametrize(
    ("answer", "at_recipient", "expected"),
    [
        (UNKNOWN, True, HARD_BOUNCE),
        ("550 no such user", True, HARD_BOUNCE),
        ("550 no", False, None),
        (SPAM, True, None),
    ],
)
def test_a_refusal_during_the_conversation_counts_like_a_bounce(subscribed, clock, answer, at_recipient, expected):
    delivery = refused_letter(clock)
    report(bounces.refused, delivery, answer, at_recipient=at_recipient)
    assert (reason(), counters(delivery)) == (expected, (0, 0))


def test_three_full_mailboxes_in_a_row_suppress_whether_refused_or_returned(subscribed, clock):
    report(bounces.refused, refused_letter(clock), FULL, at_recipient=True)
    clock.advance(days=7)
    report(bounces.bounced, sent(clock.time), "soft", FULL)
    clock.advance(days=7)
    assert reason() is None
    report(bounces.refused, refused_letter(clock), "552 full", at_recipient=False)
    assert reason() == SOFT_BOUNCES


def test_what_came_back_before_the_reader_returned_says_nothing_any_more(subscribed, clock):
    letters = []
    for _ in range(3):
        letters.append(sent(clock.time))
        report(bounces.bounced, letters[-1], "soft", FULL)
        clock.advance(days=7)
    subscribed.sign_up()
    subscribed.confirm()
    assert reason() is None
    for letter in letters:
        report(bounces.bounced, letter, "hard", UNKNOWN)
    clock.advance(days=1)
    report(bounces.bounced, sent(clock.time), "soft", FULL)
    assert reason() is None


@pytest.mark.parametrize(
    ("answer", "expected"), [(UNKNOWN, HARD_BOUNCE), (SPAM, None), ("554 failed", None), ("550 no", None), (FULL, None)]
)
def test_a_letter_of_a_sequence_that_is_refused_suppresses_an_address_that_is_no_good(
    ada, mail_server, work, answer, expected
):
    mail_server.refuse = lambda envelope: answer
    ada.subscribe()
    work()
    assert reason() == expected
    assert {email.state for email in ada.mail.all} == {"retrying" if answer == FULL else "failed"}


def test_a_complaint_unsubscribes_and_suppresses(subscribed, clock):
    delivery = sent(clock.time)
    for _ in range(2):
        report(bounces.complained, ADA, "abuse", letter=delivery)
    assert (reason(), counters(delivery)) == (COMPLAINT, (0, 1))
    assert (subscribed.subscription.state, subscribed.subscription.suppressed_at) == ("left", clock.time)
    assert fresh(lambda: Consent.last_word(subscribed.person, "newsletter")) == "withdrawn"
    assert [line.action for line in subscribed.ledger] == ["requested", "given", "withdrawn"]


def test_an_old_complaint_told_again_does_not_undo_the_owners_word(subscribed, clock):
    delivery = sent(clock.time)
    report(bounces.complained, ADA, "abuse", letter=delivery)
    told_at = clock.time
    clock.advance(days=1)
    report(lift, ADA)
    subscribed.subscribe()
    report(bounces.complained, ADA, "abuse", letter=delivery)
    report(bounces.complained, ADA, "abuse", at=told_at)
    assert (reason(), subscribed.subscription.state) == (None, "active")


def test_a_bounce_that_names_an_address_is_taken_for_its_newest_letter(subscribed, clock):
    old = sent(clock.time)
    clock.advance(days=3)
    new = sent(clock.time)
    for _ in range(2):
        report(bounces.address_bounced, ADA, "hard", UNKNOWN)
    assert (reason(), counters(old), counters(new)) == (HARD_BOUNCE, (0, 0), (1, 0))


def test_a_bounce_of_an_address_without_letters_has_a_consequence_only_if_it_is_hard(subscribed, clock):
    for _ in range(4):
        report(bounces.address_bounced, ADA, "soft", FULL)
        report(bounces.address_bounced, "nobody@example.org", "soft", FULL)
    assert reason() is None
    report(bounces.address_bounced, ADA, "hard", UNKNOWN)
    report(bounces.address_bounced, "nobody@example.org", "hard", UNKNOWN)
    assert reason() == HARD_BOUNCE
    assert fresh(lambda: Suppression.of("nobody@example.org").reason) == HARD_BOUNCE


def test_an_old_bounce_of_an_address_told_again_does_not_undo_the_owners_word(subscribed, clock):
    report(bounces.address_bounced, ADA, "hard", UNKNOWN, clock.time)
    told_at = clock.time
    clock.advance(days=1)
    report(lift, ADA)
    report(bounces.address_bounced, ADA, "hard", UNKNOWN, told_at)
    assert reason() is None


def test_the_bounce_of_an_erased_reader_changes_nothing(subscribed, clock):
    delivery = sent(clock.time)
    db.session.expunge(delivery)
    db.session.execute(db.delete(Person).where(Person.email == ADA))
    db.session.commit()
    report(bounces.bounced, delivery, "hard", UNKNOWN)
    assert reason() is None
