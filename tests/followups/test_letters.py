import re
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import tokens
from app.extensions import db
from app.followups import merge
from app.followups.leaving import list_headers, person_of_tag
from app.followups.models import STARTS
from app.outbox.smtp import message_for
from app.people.models import Person
from tests.followups.conftest import begin, sequence_of

HOSTILE = [
    "**x** [a](http://evil.example)",
    "{first_name}",
    "{site_name|x}",
    "<b>Ada</b>",
    "`x`",
    "\\*x\\*",
    "_x_ &amp;",
]


def letter(ada, mail, work, body="Hello.", subject="Letter", preview="", **values):
    sequence_of("letters", {"slug": "one", "subject": subject, "preview": preview, "body": body})
    begin(ada, "letters", **values)
    work()
    return mail.all[-1]


def test_fields_are_filled_in_subject_preview_text_and_html(ada, mail, work):
    email = letter(ada, mail, work, "Dear {first_name},\n\n**{site_name}**", "For {first_name}", "Only {first_name}")
    assert email.subject == "For Ada"
    assert "Dear Ada,\n\nThe Developing Doctor\n" in email.body
    assert "Dear Ada,</p>" in email.html
    assert ">The Developing Doctor</strong>" in email.html
    assert "Only Ada</div>" in email.html


def test_a_fallback_stands_in_for_what_is_not_known(ada, mail, work):
    ada.name = ""
    email = letter(ada, mail, work, "Dear {first_name|Doctor}, it begins on {starts_on|the day we said}.")
    assert "Dear Doctor, it begins on the day we said." in email.body
    assert "Dear Doctor, it begins on the day we said." in email.html


def test_values_of_the_occasion_are_filled_in(ada, mail, work):
    url = "http://localhost:8000/coaching/consultations/a_b-c.d"
    email = letter(ada, mail, work, "[See my request]({manage_url})", manage_url=url)
    assert f"See my request ({url})" in email.body
    assert f'href="{url}"' in email.html


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_stays_the_text_it_is(ada, name):
    value = {"first_name": name}.get
    html = str(merge.fill_html("Dear {first_name}, hello.", value))
    assert merge.fill_plain("Dear **{first_name}**, hello.", value) == f"Dear {name}, hello."
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert html == f"<p>Dear {shown}, hello.</p>\n"


def test_a_name_with_line_breaks_begins_no_paragraph_and_no_header(ada):
    value = {"first_name": "Ada\r\nBcc: x@example.org\n\n# Big"}.get
    assert merge.fill("Dear {first_name}", value) == "Dear Ada Bcc: x@example.org # Big"
    assert "<h" not in merge.fill_html("Dear {first_name}", value)


def test_an_unknown_field_is_found():
    text = "{first_name} {frist_name} {site_name|x} {config.SECRET_KEY} {}"
    assert merge.unknown_fields(text, merge.FIELDS) == [
        "frist_name",
        "config.SECRET_KEY",
        "",
    ]


@pytest.mark.parametrize("event", ["", *STARTS])
def test_each_start_fills_its_own_fields_and_no_others(event):
    offered = merge.fields_after(event)
    assert merge.unfilled_in(event, *(f"{{{field}|x}}" for field in offered)) is None
    for field in merge.FIELDS - set(offered):
        assert merge.unfilled_in(event, "{first_name}", f"{{{field}|x}}") == field
    assert merge.unfilled_in(event, "{}") == ""


def test_every_field_stands_for_something(ada, app: Flask):
    sequence_of("letters", {"slug": "one"})
    given = {"manage_url": "m", "resume_url": "r", "cohort_name": "Spring", "starts_on": "March 1"}
    run = begin(ada, "letters", **given)
    value = merge.values_of(run)
    assert all(value(field) for field in merge.FIELDS)


def test_a_letter_says_how_to_leave_in_headers_text_and_html(ada, mail, work, clock):
    email = letter(ada, mail, work)
    message = message_from_bytes(message_for(email).as_bytes(), policy=policy.default)
    way_out, by_mail = str(message["List-Unsubscribe"]).split(", ")
    url = way_out.strip("<>")
    tag = re.fullmatch(r"<mailto:hello\+(u-[0-9]+-[0-9a-f]{16})@doctor\.example\.org\?subject=unsubscribe>", by_mail)[1]
    assert person_of_tag(tag) == ada
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "The Developing Doctor <newsletter.doctor.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert url in message.get_body(("plain",)).get_content()
    assert f'href="{url}"' in message.get_body(("html",)).get_content()
    assert tokens.read("unsubscribe", urlsplit(url).path.rpartition("/")[2])[0] == ada.id


def test_the_way_out_is_not_mangled_on_the_wire(ada, mail, work):
    raw = message_for(letter(ada, mail, work)).as_bytes()
    line = next(line for line in raw.splitlines() if line.startswith(b"List-Unsubscribe:"))
    assert line.startswith(b"List-Unsubscribe: <http://localhost:8000/newsletter/unsubscribe/")
    assert line.endswith(b"@doctor.example.org?subject=unsubscribe>")
    assert b">, <mailto:hello+u-" in line


def test_a_long_name_does_not_make_too_long_a_subject(ada, mail, work):
    ada.name = "A" * 120
    assert len(letter(ada, mail, work, subject="{first_name} and {first_name} and {first_name}").subject) <= 250


def test_a_letter_says_why_it_comes(ada, mail, work):
    email = letter(ada, mail, work)
    assert "because you subscribed" in email.body
    assert "because you subscribed" in email.html


def test_a_letter_links_to_the_preferences(ada, mail, work):
    email = letter(ada, mail, work, "[Choose]({preferences_url})")
    token = tokens.sign("preferences", [ada.id, int(ada.created_at.timestamp())])
    assert "/newsletter/preferences/" in email.body
    assert token.split(".")[0] in email.html


def test_nobody_is_taken_off_the_list_by_an_address_the_site_did_not_write(ada):
    tag = re.search(r"u-[0-9]+-[0-9a-f]+", list_headers(ada)["List-Unsubscribe"])[0]
    assert person_of_tag(tag) == ada
    grace = Person.at("grace@example.org")
    db.session.flush()
    signature = tag.rpartition("-")[2]
    others = [
        f"u-{grace.id}-{signature}",
        f"u-{ada.id}-{'0' * 16}",
        f"u-{ada.id}-",
        f"u-{ada.id}",
        "u--",
        "u",
        "",
        tag[1:],
    ]
    for forged in (*others, f"u-{'9' * 40}-{signature}", f"u-2147483648-{signature}", f"u-\u0661-{signature}"):
        assert person_of_tag(forged) is None, forged
