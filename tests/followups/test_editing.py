"""Changes to the letters of a sequence reach only those who enter afterwards."""

import threading
import time

from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep
from app.followups.tasks import forget_old_steps, send_due_steps
from app.people.models import Person
from tests.followups.conftest import begin, sequence_of


def rewrite(name, change):
    sequence = Sequence.for_update(Sequence.named(name).id)
    sequence.rewrite(change(sequence.letters))
    db.session.commit()


def to_the_end(mail, clock):
    for _ in range(8):
        send_due_steps.call_local()
        clock.advance(days=3)
    return [(email.to_address.partition("@")[0], email.subject) for email in mail.all]


def test_who_is_on_the_way_keeps_the_letters_they_entered_with(ada, welcome, mail, work, clock):
    begin(ada)
    work()

    def change(letters):
        one, two, three = letters
        new = two._replace(slug="new", position=3, subject="Letter new")
        return [one, two._replace(subject="Other two", delay_hours=1000), new, three._replace(position=4)]

    rewrite("welcome", change)
    begin(Person.at("grace@example.org"))
    sent = to_the_end(mail, clock)
    assert [subject for who, subject in sent if who == "ada"] == ["Letter one", "Letter two", "Letter three"]
    assert [subject for who, subject in sent if who == "grace"] == ["Letter one"]
    clock.advance(hours=1000)
    sent = to_the_end(mail, clock)
    assert [subject for who, subject in sent if who == "grace"] == [
        "Letter one", "Other two", "Letter new", "Letter three"
    ]  # fmt: skip


def test_a_longer_or_shorter_delay_moves_nobody_on_the_way(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    due = db.session.scalars(db.select(SequenceRun.next_at)).one()
    rewrite("welcome", lambda letters: [letter._replace(delay_hours=1) for letter in letters])
    assert db.session.scalars(db.select(SequenceRun.next_at)).one() == due
    clock.advance(hours=2)
    send_due_steps.call_local()
    assert len(mail.all) == 1


def test_a_letter_taken_out_still_reaches_who_entered_before(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    rewrite("welcome", lambda letters: [letters[0], letters[2]])
    assert [subject for _, subject in to_the_end(mail, clock)] == ["Letter one", "Letter two", "Letter three"]


def test_letters_in_another_order_repeat_for_nobody(ada, welcome, mail, work, clock):
    begin(ada)
    work()
    rewrite("welcome", lambda letters: [letters[1]._replace(position=1), letters[0]._replace(position=2), letters[2]])
    assert [subject for _, subject in to_the_end(mail, clock)] == ["Letter one", "Letter two", "Letter three"]


def test_giving_it_the_letters_it_has_changes_nothing(welcome):
    rewrite("welcome", lambda letters: letters)
    assert Sequence.named("welcome").version == 1


def versions():
    return list(db.session.scalars(db.select(SequenceStep.version).distinct().order_by(SequenceStep.version)))


def test_a_version_is_kept_while_somebody_is_on_the_way_and_no_longer(ada, welcome, mail, work, clock):
    sequence_of("other", {"slug": "other"})
    begin(ada)
    work()
    rewrite("welcome", lambda letters: letters[:2])
    rewrite("welcome", lambda letters: letters[:1])
    assert versions() == [1, 2, 3]
    forget_old_steps.call_local()
    assert versions() == [1, 3]
    to_the_end(mail, clock)
    forget_old_steps.call_local()
    assert versions() == [1, 3]  # The first of the other sequence, which was never edited.
    assert db.session.scalars(db.select(SequenceStep.slug).order_by(SequenceStep.slug)).all() == ["one", "other"]


def test_who_enters_during_an_edit_gets_every_letter(app, ada, welcome, mail, clock):
    """An edit and the sweep for old versions come while somebody's entering is not committed."""
    ada_id, edited = ada.id, []
    db.session.rollback()

    def edit():
        with app.app_context():
            rewrite("welcome", lambda letters: [letter._replace(subject="Edited") for letter in letters])
            forget_old_steps.call_local()
            edited.append(True)

    (entered,) = Sequence.started_by("tag", "welcome")
    editor = threading.Thread(target=edit)
    editor.start()
    time.sleep(0.3)
    assert edited == []
    SequenceRun.begin(entered, db.session.get_one(Person, ada_id), "", {})
    db.session.commit()
    editor.join()
    assert edited == [True]
    assert [subject for _, subject in to_the_end(mail, clock)] == ["Letter one", "Letter two", "Letter three"]
