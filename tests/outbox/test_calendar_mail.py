"""Mail with a calendar file: the parts in which mail programs look for it, and every byte of the file kept."""

import json

import pytest

from app import outbox
from app.extensions import db
from app.outbox.records import _export
from app.people.models import Person

INVITATION = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//doctor.example.org//Appointments//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:1@doctor.example.org",
        "SUMMARY:Gespräch über Führung — 会話",
        # A folded text whose second line would be a METHOD of its own, were it not for the space.
        f"DESCRIPTION:{'x' * 63}\\n",
        " METHOD:CANCEL",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


@pytest.fixture
def invite(app):
    def post(calendar=INVITATION):
        outbox.post(to=Person.at("ada@example.org"), template="tests/note", name="Ada", calendar=calendar)
        db.session.commit()

    return post


def tree(part):
    """The types of a message and its parts, as they are nested."""
    if not part.is_multipart():
        return part.get_content_type()
    return {part.get_content_type(): [tree(inner) for inner in part.iter_parts()]}


def test_a_calendar_file_is_an_alternative_and_an_attachment(invite, mail_server, work):
    invite()
    work()
    [message] = mail_server.received
    alternatives = {"multipart/alternative": ["text/plain", "text/html", "text/calendar"]}
    assert tree(message) == {"multipart/mixed": [alternatives, "application/ics"]}
    assert "ünïcödé" in message.get_body(("plain",)).get_content()


def test_the_method_is_said_outside_as_inside(invite, mail_server, work):
    invite()
    invite(INVITATION.replace("METHOD:REQUEST", "METHOD:CANCEL").replace(" METHOD:CANCEL", " METHOD:REQUEST"))
    work()
    said = [calendar_of(message)["Content-Type"].params for message in mail_server.received]
    assert said == [{"method": "REQUEST", "charset": "utf-8"}, {"method": "CANCEL", "charset": "utf-8"}]


def test_every_byte_of_the_file_survives_the_way(invite, mail_server, work):
    invite(INVITATION)
    work()
    [message] = mail_server.received
    [attached] = message.iter_attachments()
    assert attached.get_filename() == "invite.ics"
    assert attached["Content-Type"].params["name"] == "invite.ics"
    for part in (calendar_of(message), attached):
        assert part.get_payload(decode=True) == INVITATION.encode()
    [envelope] = mail_server.envelopes
    assert envelope.content.isascii()
    assert max(len(line) for line in envelope.content.split(b"\r\n")) <= 998


def test_a_mail_without_one_is_as_before(note, mail_server, work):
    note()
    work()
    [message] = mail_server.received
    assert tree(message) == {"multipart/mixed": [{"multipart/alternative": ["text/plain", "text/html"]}]}


def test_a_file_that_does_not_say_what_it_is_for_is_refused(invite, mail):
    with pytest.raises(ValueError, match="METHOD"):
        invite(INVITATION.replace("METHOD:REQUEST\r\n", ""))
    assert mail.all == []


def test_the_file_is_told_to_its_person(invite, note):
    invite()
    note()
    told = _export(Person.at("ada@example.org"))
    assert [mail.get("calendar_file") for mail in told] == [INVITATION, None]
    assert json.dumps(told)


def calendar_of(message):
    return next(part for part in message.walk() if part.get_content_type() == "text/calendar")
