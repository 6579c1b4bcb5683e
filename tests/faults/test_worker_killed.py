"""The worker as its own process, killed without warning while mail is queued, on every database and queue."""

import signal
from collections import Counter

from sqlalchemy import select

from app import outbox
from app.extensions import db
from app.outbox.models import Email
from app.people.models import Person
from tests.conftest import use_mail_server
from tests.faults.conftest import CONNECTIONS
from tests.processes import stop, wait_until

MAILS = 120


def states():
    """The states mails are in; looked at without holding a transaction open that would keep a worker waiting."""
    found = {email.state for email in db.session.scalars(select(Email))}
    db.session.rollback()
    return found


def write_mails():
    for number in range(MAILS):
        outbox.post(to=Person.at(f"reader{number}@example.org"), template="people/no_account", url="http://localhost")
        db.session.commit()


def test_a_killed_worker_loses_nothing_and_repeats_only_what_was_in_hand(app, start_worker, slow_server):
    use_mail_server(app, "127.0.0.1", slow_server.port)
    write_mails()
    kills = 0
    for share in (0.2, 0.4, 0.6, 0.8):
        worker = start_worker()
        wait_until(lambda goal=share: len(slow_server.received) >= MAILS * goal, what=f"{share:.0%} of the mails")
        stop(worker, signal.SIGKILL)
        kills += 1
    worker = start_worker()
    wait_until(lambda: len(set(message_ids(slow_server))) == MAILS, what="the last mail")
    assert stop(worker) == 0
    use_mail_server(app, None, 25)

    arrivals = Counter(message_ids(slow_server))
    assert len(arrivals) == MAILS
    assert sum(arrivals.values()) - MAILS <= kills * CONNECTIONS
    assert states() == {"sent"}


def test_told_to_stop_the_worker_finishes_the_mail_in_hand(app, start_worker, slow_server):
    use_mail_server(app, "127.0.0.1", slow_server.port)
    write_mails()
    for how in (signal.SIGTERM, signal.SIGINT):
        before = len(slow_server.received)
        worker = start_worker()
        wait_until(lambda seen=before: len(slow_server.received) > seen + 10, what="the first mails")
        assert stop(worker, how) == 0
        assert states() == {"sent", "waiting"}
    use_mail_server(app, None, 25)
    assert max(Counter(message_ids(slow_server)).values()) == 1


def message_ids(server):
    return [message["Message-ID"] for message in list(server.received)]
