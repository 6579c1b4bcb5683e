"""The bytes that go over the wire, read back by another parser."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from app import tokens
from app.extensions import db
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.sending.messages import END, PreparedMessage, Recipient
from app.outbox.models import HeaderInjection

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def issue_with(**fields):
    issue = Issue(slug="one", title="Issue one", **{"subject": "Hello", "body": "Words.", **fields})
    db.session.add(issue)
    db.session.flush()
    return issue


def wire(issue, name="Ada Lovelace", address="ada@example.org"):
    recipient = Recipient(7, 12, address, name, NOW)
    return PreparedMessage(issue, compose(issue)).bytes_for(recipient, NOW)


def received(data):
    """What a server makes of it: dots unstuffed, the end taken off (RFC 5321 §4.5.2)."""
    assert data.endswith(END)
    assert data.count(END) == 1
    lines = data[: -len(END)].split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line and len(line) < 998 for line in lines)
    assert all(len(line) <= 78 for line in data.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    return message_from_bytes(
        b"\r\n".join(line[1:] if line[:1] == b"." else line for line in lines), policy=policy.default
    )


def display_name(message):
    """By the older of Python's parsers: the newer puts spaces between encoded words (against RFC 2047 §6.2)."""
    raw = next(value for name, value in message.raw_items() if name == "To")
    return str(make_header(decode_header(parseaddr(str(raw))[0])))


def parts(message):
    plain, html = message.iter_parts()
    return plain.get_content(), html.get_content()


def test_both_parts_carry_the_recipients_own_words_and_links(app):
    issue = issue_with(
        subject="{first_name|Doctor}, a thought", body="Dear {first_name|Doctor},\n\nmind [this]({preferences_url})."
    )
    message = received(wire(issue))
    plain, html = parts(message)
    assert message["Subject"] == "Ada, a thought"
    assert "Dear Ada," in plain
    assert "Dear Ada," in html
    link = re.search(r"http://localhost:8000/newsletter/preferences/([\w.-]+)", plain)
    assert f'href="{link[0]}"' in html
    assert tokens.read("preferences", link[1]) == [12, int(NOW.timestamp())]


def test_headers_are_those_that_mailbox_providers_ask_for(app):
    message = received(wire(issue_with()))
    assert message["To"] == "Ada Lovelace <ada@example.org>"
    assert message["From"] == "The Developing Doctor <hello@doctor.example.org>"
    assert message["Date"] == "Wed, 25 Nov 2026 09:30:00 +0000"
    assert message["List-Id"] == "The Developing Doctor <newsletter.doctor.example.org>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    https, mailto = re.fullmatch(
        r"<(http://localhost:8000/newsletter/unsubscribe/[\w.-]+)>, <(mailto:[^>]+)>", message["List-Unsubscribe"]
    ).groups()
    assert tokens.read("unsubscribe", https.rpartition("/")[2]) == [12, int(NOW.timestamp())]
    assert mailto.startswith("mailto:hello")
    assert re.fullmatch(r"[0-9a-f]{12}:issue:newsletter:doctorexampleor", message["Feedback-ID"])
    assert re.fullmatch(r"<[0-9a-f]{32}\.7@doctor\.example\.org>", message["Message-ID"])
    assert message["Precedence"] is None
    assert message["MIME-Version"] == "1.0"
    assert not message.defects
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Zoë",
        "Łukasz Żółć-Kowalczyk von und zu Überlingen, Prof. Dr.",
        'A "quoted" one, with \\',
        ".",
        "." * 90,
        "=?utf-8?q?x?=",
        "O'Brien, Ada",
        "李小龍" * 30,
    ],
)
def test_any_name_arrives_as_it_is(app, name):
    issue = issue_with(subject="{first_name|Doctor}!", body="Hello\n\n{first_name|Doctor}\n\n.{first_name|Doctor}")
    message = received(wire(issue, name=name))
    first = name.split()[0].strip(",") if name else "Doctor"
    plain, _ = parts(message)
    assert f"Hello\n\n{first}\n\n.{first}\n" in plain.replace("\r\n", "\n")
    assert message["To"].addresses[0].addr_spec == "ada@example.org"
    assert display_name(message) == name
    assert message["Subject"] == f"{first}!"


def test_lines_that_begin_with_a_dot_survive(app):
    plain, _ = parts(received(wire(issue_with(body=".one\n\n..two\n\n.\n\n" + "word " * 200 + ".end"))))
    assert "\n.one\n" in plain.replace("\r\n", "\n")
    assert "\n..two\n" in plain.replace("\r\n", "\n")
    assert "\n.\n" in plain.replace("\r\n", "\n")


@pytest.mark.parametrize("name", ["Ada\r\nBcc: x@example.org", "Ada\nLovelace", "Ada\u2028Lovelace"])
def test_a_line_break_in_a_name_becomes_no_header(app, name):
    with pytest.raises(HeaderInjection):
        wire(issue_with(), name=name)


HOSTILE = (
    "{{ config }} {% for x in ().__class__ %} ${7*7} <%= 7*7 %> {config} {0.__class__} <script>x</script> "
    "{first_name|{{7*7}}}"
)


def test_a_hostile_body_is_text_and_nothing_else(app):
    plain, html = parts(
        received(wire(issue_with(body=HOSTILE, subject="{{ 7*7 }}"), name="<b>{{7*7}}</b> {unsubscribe_url}"))
    )
    assert "49" not in plain.partition("Read this letter")[0]
    assert app.config["SECRET_KEY"] not in plain + html
    assert "<script" not in html
    assert "{{ config }}" in plain
    assert "<b>" not in html
