"""What a worker holds when another one of its machine begins, and when it sweeps up after itself."""

import os
import socket
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import outbox
from app.clock import now
from app.extensions import db
from app.outbox.delivery import Deliverer, bury_dead_neighbours
from app.outbox.models import Email, Worker
from app.people.models import Person
from tests.races import fresh_rows, in_thread, stopped_before


@pytest.fixture
def note(app):
    email = outbox.post(to=Person.at("ada@example.org"), template="tests/note", name="Ada")
    db.session.commit()
    return email


@pytest.fixture
def process():
    """One that does nothing, for a minute."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield child
    child.kill()
    child.wait()


def held_by_neighbour(email, process, seen_at):
    """Whether the mail is still marked as in hand of that process, after a worker of this machine has begun."""
    neighbour = Worker(host=socket.gethostname(), pid=process.pid, seen_at=seen_at)
    db.session.add(neighbour)
    db.session.flush()
    assert Email.claim_next(neighbour.id).id == email.id
    db.session.commit()
    bury_dead_neighbours()
    return db.session.scalar(select(Email.claimed_by)) is not None


def test_what_a_living_neighbour_holds_stays_with_it(note, process):
    assert held_by_neighbour(note, process, seen_at=now())


@pytest.mark.skipif(sys.platform != "linux", reason="only there it can be told")
def test_a_killed_worker_is_dead_though_its_parent_never_asks_how_it_ended(note, process):
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # It is a zombie now, and stays one.
    assert not held_by_neighbour(note, process, seen_at=now())


@pytest.mark.skipif(sys.platform != "linux", reason="only there it can be told")
def test_a_process_that_got_the_number_of_a_dead_worker_is_not_taken_for_it(note, process):
    assert not held_by_neighbour(note, process, seen_at=now() - timedelta(seconds=20))


def test_what_a_worker_takes_in_hand_while_it_sweeps_up_stays_with_it(app, note, mail_server):
    worker = Deliverer(connections=2)
    worker.beat()
    is_in_hand, may_be_answered = threading.Event(), threading.Event()

    def answer_later(_envelope):
        is_in_hand.set()
        may_be_answered.wait(60)

    def beside(name, act):
        def inside():
            with app.app_context():
                act()

        return in_thread(name, inside, {})

    mail_server.refuse = answer_later
    with stopped_before("checkout", "sweeper", lambda: True) as about_to_sweep:
        sweeper = beside("sweeper", worker.release_forgotten)
        assert about_to_sweep.arrived.wait(60)
        sender = beside("sender", worker.deliver_due)
        assert is_in_hand.wait(60)
        about_to_sweep.open.set()
        sweeper.join()
    with fresh_rows():
        assert db.session.scalar(select(Email.claimed_by)) == worker.worker_id
    may_be_answered.set()
    sender.join()
    worker.pool.close()
