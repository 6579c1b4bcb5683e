"""What the owner is told of the mail server while an issue goes, and how many connections are asked for."""

from sqlalchemy import select

from app.extensions import db
from app.newsletter.issues import progress
from app.newsletter.issues.models import Issue
from app.newsletter.sending import run
from app.outbox import conversations
from tests.newsletter.sending.conftest import readers, send


def watch_troubles(app, mail_server, issue):
    """What the owner is told of trouble each time the server gets a message."""
    number, told = issue.id, []

    def look(_envelope):
        with app.app_context():
            told.append(db.session.scalar(select(Issue.trouble).filter_by(id=number)))
            db.session.rollback()

    mail_server.refuse = look
    return told


def test_a_server_that_allows_fewer_connections_is_no_trouble_and_not_asked_at_once_again(issue, app, mail_server):
    readers(24)
    mail_server.most_guests, mail_server.seconds_per_mail = 2, 0.05
    told = watch_troubles(app, mail_server, issue)
    assert send(issue).sent == 24
    assert (set(told), mail_server.connections) == ({""}, 4)


def test_more_connections_are_asked_for_after_a_while(issue, app, mail_server, monkeypatch):
    monkeypatch.setattr(conversations, "ASKS_FOR_MORE_AFTER_SECONDS", 0.1)
    readers(24)
    mail_server.most_guests, mail_server.seconds_per_mail = 2, 0.05
    most_at_once = []

    def allow_more(_envelope):
        most_at_once.append(mail_server.guests)
        mail_server.most_guests = 4

    mail_server.refuse = allow_more
    assert send(issue).sent == 24
    assert (most_at_once[0], max(most_at_once)) == (2, 4)


def test_a_recipient_at_whom_the_server_hangs_up_costs_no_more_than_two_connections(issue, app, mail_server):
    readers(60)
    mail_server.refuse_recipient = lambda address: "421 4.7.0 bye" if address == "reader7@example.org" else None
    assert send(issue).sent == 59
    assert mail_server.connections <= app.config["MAIL_CONNECTIONS"] + 2


def test_connections_that_end_one_by_one_leave_the_others_to_go_on_with(issue, app, mail_server):
    """Without the owner being told of trouble, though one of them is hung up on before it took a message."""
    readers(12)
    mail_server.refuse_recipient = lambda address: "421 4.7.0 bye" if address == "reader0@example.org" else None
    mail_server.seconds_per_mail = 0.02
    told = watch_troubles(app, mail_server, issue)
    assert send(issue).sent == 11
    assert set(told) == {""}


def test_words_of_a_worker_that_died_go_away_when_another_one_succeeds(issue, mail_server):
    readers(3)
    progress.note_trouble(issue.id, "the mail server is away")
    mail_server.refuse_recipient = lambda address: "451 later" if address == "reader0@example.org" else None
    sent = send(issue)
    assert (sent.state, sent.sent, sent.trouble) == ("sending", 2, "")


def test_a_worker_that_goes_on_takes_back_what_one_says_that_dies_meanwhile(issue, app, mail_server, monkeypatch):
    monkeypatch.setattr(run, "SAYS_WELL_EVERY_SECONDS", 0)
    readers(12)
    number, seen = issue.id, []
    mail_server.refuse_recipient = lambda address: "451 later" if address == "reader0@example.org" else None

    def note_trouble_at_the_sixth(envelope):
        seen.append(envelope)
        if len(seen) == 6:
            with app.app_context():
                progress.note_trouble(number, "the mail server is away")
                db.session.commit()

    mail_server.refuse = note_trouble_at_the_sixth
    sent = send(issue)
    assert (sent.state, sent.sent, sent.trouble) == ("sending", 11, "")
