"""What else happens while an import is at work, and what a crash in the middle leaves."""

import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.extensions import db
from app.newsletter.in_and_out.import_csv import Source
from app.newsletter.in_and_out.import_rows import BATCH, Import
from app.newsletter.models import Subscription
from app.newsletter.preferences import my_data
from app.people.models import Consent, Person
from app.people.suppressions import Suppression
from tests.newsletter.conftest import ADA, fresh
from tests.newsletter.in_and_out.importing import csv_of, states, taken_in


def many(count, start=0):
    readers = range(start, start + count)
    return csv_of("email,name,tags", *(f"reader{number}@example.org,R {number},t{number % 3}" for number in readers))


class Crash(Exception):
    pass


def test_a_crash_midway_leaves_whole_batches_and_the_next_run_completes_them(app, monkeypatch):
    source = Source(lambda: [many(3 * BATCH)])
    db.session.rollback()
    with pytest.raises(Crash):
        for number, _ in enumerate(Import(source, "asked").batches(write=True)):
            if number == 1:
                raise Crash  # Before the commit of the second batch.
            db.session.commit()
    db.session.rollback()
    assert len(states()) == BATCH
    assert taken_in(many(3 * BATCH))[0] == {"known": BATCH, "new": 2 * BATCH}
    assert taken_in(many(3 * BATCH))[0] == {"known": 3 * BATCH}
    ledger = db.select(db.func.count()).select_from(Consent)
    assert fresh(lambda: db.session.scalar(ledger)) == 3 * BATCH


def test_an_import_goes_on_where_its_report_stands(app):
    data = many(2 * BATCH + 10)
    source = Source(lambda: [data])
    db.session.rollback()
    first = Import(source, "asked")
    next(first.batches(write=True))
    db.session.commit()
    assert first.report.line == BATCH + 1
    second = Import(source, "asked", report=first.report)
    for _ in second.batches(write=True):
        db.session.commit()
    assert dict(second.report.counts) == {"new": 2 * BATCH + 10}


def test_ten_times_the_rows_in_a_batch_cost_no_more_statements(app):
    def statements(data):
        sent = []

        def note(_connection, _cursor, statement, *_):
            if not statement.startswith("SET "):  # That of a connection which is new, however many rows there are.
                sent.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        taken_in(data)
        event.remove(db.engine, "before_cursor_execute", note)
        return len(sent)

    taken_in(many(3))
    assert statements(many(40, start=100)) == statements(many(400, start=1000))


@pytest.mark.parametrize("standing", ["active", "unsubscribed"])
@pytest.mark.parametrize("comes_between", ["SELECT person.email", "INSERT INTO subscription"])
def test_whoever_comes_and_is_erased_during_an_import_does_not_stop_it(app, standing, comes_between):
    def sign_up():
        Subscription.at(ADA)
        db.session.commit()

    def erase():
        if person := Person.with_email(ADA):
            my_data.erase(person)
        db.session.commit()

    with beside(app, "INSERT INTO person", sign_up) as signing_up, beside(app, comes_between, erase, after=signing_up):
        taken_in(csv_of("email,status", f"{ADA},{standing}", f"grace@example.org,{standing}"))
    assert states()["grace@example.org"] == {"active": "active", "unsubscribed": "left"}[standing]


@contextmanager
def beside(app, statement, act, after=None):
    """Before this thread's first statement that begins so, and `after` another, `act` gets a moment in another one."""
    this, failures = threading.get_ident(), []

    def acting():
        with app.app_context():
            try:
                act()
            except Exception as failure:
                failures.append(failure)

    thread = threading.Thread(target=acting)

    def before(_connection, _cursor, text, *_):
        is_time = after is None or after.ident
        if is_time and text.startswith(statement) and threading.get_ident() == this and not thread.ident:
            thread.start()
            thread.join(0.3)

    event.listen(db.engine, "before_cursor_execute", before)
    yield thread
    event.remove(db.engine, "before_cursor_execute", before)
    thread.join()
    assert failures == []


def test_the_suppression_list_is_written_in_one_order_whatever_the_files(app):
    people = [f"reader{number}@example.org" for number in range(20)]
    taken_in(csv_of("email,status", *(f"{each},bounced" for each in people)))
    written = fresh(lambda: list(db.session.scalars(db.select(Suppression.address_hash).order_by(Suppression.id))))
    assert (written, len(written)) == (sorted(written), 20)
