"""What mail that came to the bounce address changes, and what changes nothing."""

import re

import pytest
from sqlalchemy import insert

from app.extensions import db
from app.followups.leaving import list_headers
from app.newsletter.returned import bounce_boxes
from app.newsletter.returned.suppressing import lift
from app.newsletter.sending.deliveries import Delivery, bounce_keys
from app.outbox import Email, return_address
from app.people.models import Person
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES, Suppression
from tests.newsletter.conftest import ADA, fresh, rows_of_everybody
from tests.newsletter.returned.conftest import counters, envelope_of, reason, sent
from tests.newsletter.returned.mails import AWAY, EXCHANGE, EXIM, GMAIL, LEAVING, POSTFIX, QMAIL, REPLY, mail
from tests.newsletter.returned.mails import COMPLAINT as ARF

FORMATS = {"postfix": POSTFIX, "exchange": EXCHANGE, "gmail": GMAIL, "qmail": QMAIL, "exim": EXIM}
PLAIN = "hello@doctor.example.org"


def way_out_of(person):
    return re.search(r"mailto:([^?]+)", list_headers(person)["List-Unsubscribe"])[1]


def take(raw):
    return bounce_boxes.take_in(raw, "a mail")


@pytest.mark.parametrize("template", FORMATS.values(), ids=FORMATS)
def test_a_hard_bounce_in_the_manner_of(template, delivery):
    raw = mail(template, envelope=envelope_of(delivery))
    assert [take(raw), take(raw)] == ["bounce", "bounce"]
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert "5.1.1" in fresh(lambda: Suppression.of(ADA)).detail


@pytest.mark.parametrize("template", [POSTFIX, EXCHANGE, GMAIL], ids=["postfix", "exchange", "gmail"])
def test_three_full_mailboxes_in_a_row_in_the_manner_of(template, subscribed, clock):
    for expected in (None, None, SOFT_BOUNCES):
        delivery = sent(clock.time)
        full = {"status": "4.2.2", "diagnostic": "452-4.2.2 The account is over quota"}
        assert take(mail(template, envelope=envelope_of(delivery), **full)) == "bounce"
        assert reason() == expected
        clock.advance(days=7)


@pytest.mark.parametrize(
    ("status", "diagnostic", "stage", "kind"),
    [
        ("5.7.1", "550 5.7.1 Message blocked as spam", "end of DATA", None),
        ("5.0.0", "550 5.1.1 User unknown", "RCPT TO", "hard"),
        ("5.0.0", "550 No such user", "RCPT TO", "hard"),
        ("5.0.0", "550 we do not like this (in reply to end of DATA command)", "end of DATA", None),
        ("5.2.2", "552 5.2.2 mailbox full", "end of DATA", "soft"),
        ("4.4.7", "delivery time expired", "RCPT TO", "soft"),
        ("5.1.1", "", "RCPT TO", "hard"),
    ],
)
def test_the_status_says_whether_the_address_is_to_blame(delivery, status, diagnostic, stage, kind):
    take(mail(POSTFIX, envelope=envelope_of(delivery), status=status, diagnostic=diagnostic, stage=stage))
    assert counters(delivery) == (1, 0)
    assert fresh(lambda: db.session.get(Delivery, delivery.id)).bounce_kind == kind
    assert reason() == (HARD_BOUNCE if kind == "hard" else None)


def test_the_mark_is_found_in_whichever_header_the_mail_server_writes_it(delivery):
    for header in ("X-Original-To", "Envelope-To", "X-Envelope-To"):
        raw = mail(POSTFIX, envelope=PLAIN).replace(b"Delivered-To: hello@doctor", b"Delivered-To: postmaster@doctor")
        raw = f"{header}: <{envelope_of(delivery).upper()}>\n".encode() + raw
        assert take(raw) == "bounce", header
    assert counters(delivery) == (1, 0)


def test_a_bounce_from_another_address_than_the_letter_went_to_counts_for_its_reader(delivery):
    """Ada's mail is forwarded, and the bounce tells of the address it was forwarded to."""
    take(mail(POSTFIX, envelope=envelope_of(delivery), address="ada@elsewhere.example"))
    assert reason() == HARD_BOUNCE
    assert fresh(lambda: Suppression.of("ada@elsewhere.example")) is None


@pytest.mark.parametrize("key", ["{id}-0000000000000000", "999999-{sig}", "1-", "{id}", "x", "{id}-{sig}0"])
@pytest.mark.parametrize("kind", ["", "m-", "u-"])
def test_a_forged_mark_changes_nothing(delivery, subscribed, key, kind):
    number, _, signature = bounce_keys()(delivery.id).partition("-")
    if kind == "m-":
        email = subscribed.confirmations[-1]
        number, signature = email.id, return_address.of_mail(email).partition("@")[0].rpartition("-")[2]
    forged = return_address.tagged(kind + key.format(id=number, sig=signature))
    before = rows_of_everybody()
    assert take(mail(POSTFIX, envelope=forged)) == "other"
    assert rows_of_everybody() == before


@pytest.mark.parametrize("template", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("returned", [{}, {"letter": ""}], ids=["with its headers", "with nothing"])
def test_a_bounce_without_our_mark_suppresses_nobody_whatever_mail_they_had(ada, mail_server, work, template, returned):
    """Anybody can write one, and knows that an address they typed into a form was written to."""
    ada.sign_up()
    work()
    assert ada.confirmations[-1].state == "sent"
    before = rows_of_everybody()
    assert take(mail(template, **returned)) == "other"
    assert take(mail(template, address="grace@example.org", **returned)) == "other"
    assert rows_of_everybody() == before


@pytest.mark.parametrize("template", FORMATS.values(), ids=FORMATS)
def test_a_mail_that_is_no_issue_comes_back_to_its_own_address_and_counts_for_no_issue(
    delivery, subscribed, mail_server, work, template
):
    subscribed.sign_up()
    work()
    for envelope in mail_server.envelopes:
        raw = mail(template, envelope=envelope.mail_from, letter="", status="4.2.2", diagnostic="452 4.2.2 full")
        assert take(raw) == "bounce"
    assert (reason(), counters(delivery)) == (None, (0, 0))
    assert take(mail(template, envelope=mail_server.envelopes[-1].mail_from, letter="")) == "bounce"
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (0, 0))


def test_a_mail_that_comes_back_suppresses_the_address_it_went_to(subscribed):
    """Not the one in the bounce, which anybody who got the mail could write, nor the one its reader has now."""
    envelope = return_address.of_mail(subscribed.confirmations[-1])
    subscribed.person.rename("Ada")
    db.session.get(Person, subscribed.person.id).email = "ada@elsewhere.example"
    db.session.commit()
    assert take(mail(POSTFIX, envelope=envelope, address="grace@example.org")) == "bounce"
    assert reason() == HARD_BOUNCE
    assert fresh(lambda: db.session.query(Suppression).count()) == 1


def test_the_mark_of_a_deleted_mail_names_no_other(subscribed):
    """SQLite gives the number of the last row, once that is deleted, to the next one."""
    last = subscribed.mail.all[-1]
    envelope, number = return_address.of_mail(last), last.id
    db.session.delete(last)
    db.session.flush()
    db.session.execute(insert(Email).values(**like(last), id=number, message_id="<another@doctor.example.org>"))
    db.session.commit()
    assert take(mail(POSTFIX, envelope=envelope, letter="")) == "other"
    assert reason() is None


def like(email):
    """What the columns of a mail hold, but for what is its own."""
    kept = Email.__table__.columns.keys()
    return {name: getattr(email, name) for name in kept if name not in ("id", "message_id")}


def test_the_way_out_in_a_returned_letter_names_its_reader(delivery, clock):
    clock.advance(days=30)
    assert take(mail(EXCHANGE, way_out=way_out_of(Person.with_email(ADA)))) == "bounce"
    assert reason() == HARD_BOUNCE


def test_a_mail_system_that_calls_its_bounce_a_reply_is_heard_without_exims_header(delivery):
    raw = mail(QMAIL, envelope=envelope_of(delivery))
    assert take(b"Auto-Submitted: auto-replied\n" + raw) == "bounce"
    assert reason() == HARD_BOUNCE


@pytest.mark.parametrize("template", [AWAY, REPLY], ids=["out of office", "a reply"])
def test_what_people_write_changes_nothing(delivery, template):
    before = rows_of_everybody()
    assert take(mail(template, envelope=envelope_of(delivery), way_out=way_out_of(Person.with_email(ADA)))) == "other"
    assert take(mail(template)) == "other"
    assert rows_of_everybody() == before


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_report_that_is_no_failure_changes_nothing(delivery, action):
    before = rows_of_everybody()
    assert (
        take(mail(POSTFIX, envelope=envelope_of(delivery), action=action, status="4.4.1", diagnostic="451 wait"))
        == "other"
    )
    assert rows_of_everybody() == before


def test_a_complaint_names_its_letter(delivery):
    raw = mail(ARF, envelope=envelope_of(delivery))
    assert [take(raw), take(raw)] == ["complaint", "complaint"]
    assert (reason(), counters(delivery)) == (COMPLAINT, (0, 1))
    assert fresh(lambda: Suppression.of(ADA)).detail == "abuse ProviderFBL/1.0"


def test_a_complaint_about_a_letter_of_a_sequence_names_its_reader(subscribed):
    assert take(mail(ARF, way_out=way_out_of(subscribed.person))) == "complaint"
    assert (reason(), subscribed.subscription.state) == (COMPLAINT, "left")


def test_a_complaint_about_a_mail_that_is_no_issue_counts_for_none(delivery, subscribed):
    envelope = return_address.of_mail(subscribed.confirmations[-1])
    assert take(mail(ARF, envelope=envelope)) == "complaint"
    assert (reason(), subscribed.subscription.state, counters(delivery)) == (COMPLAINT, "left", (0, 0))


@pytest.mark.parametrize("fields", [{}, {"envelope": "hello+1-0000000000000000@doctor.example.org"}])
def test_a_complaint_that_names_no_letter_of_ours_changes_nothing(delivery, fields):
    before = rows_of_everybody()
    assert take(mail(ARF, **fields)) == "other"
    assert rows_of_everybody() == before


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", "", "x"])
def test_reports_that_are_no_complaints_change_nothing(delivery, feedback):
    before = rows_of_everybody()
    assert take(mail(ARF, envelope=envelope_of(delivery), feedback=feedback)) == "other"
    assert rows_of_everybody() == before


def test_a_mail_to_the_address_in_the_letter_leaves(subscribed):
    raw = mail(LEAVING, way_out=way_out_of(subscribed.person))
    assert [take(raw), take(raw)] == ["unsubscribed", "unsubscribed"]
    assert subscribed.subscription.state == "left"
    assert [line.action for line in subscribed.ledger] == ["requested", "given", "withdrawn"]
    assert subscribed.ledger[-1].page == "a mail to the address in a letter"


def test_nobody_is_taken_off_the_list_by_a_mail_to_another_address(subscribed):
    grace = Person.at("grace@example.org")
    db.session.commit()
    signature = way_out_of(grace).partition("@")[0].rpartition("-")[2]
    before = rows_of_everybody()
    for way_out in (PLAIN, f"hello+u-{subscribed.person.id}-{signature}@doctor.example.org"):
        assert take(mail(LEAVING, way_out=way_out)) == "other"
    quoting = mail(REPLY, way_out=way_out_of(subscribed.person)).replace(b"Subject: Re:", b"Subject: unsubscribe?")
    assert take(quoting) == "other"
    assert rows_of_everybody() == before


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x00\xff" * 500, b"\n\nno headers", b"x" * (bounce_boxes.bounce_mail.LONGEST_MAIL + 1)],
    ids=["empty", "noise", "no headers", "too large"],
)
def test_a_malformed_mail_is_said_and_changes_nothing(delivery, raw, caplog):
    before = rows_of_everybody()
    assert take(raw) == "malformed"
    assert "cannot be read, and is kept" in caplog.text
    assert rows_of_everybody() == before


@pytest.mark.parametrize("cut", [200, 700, 1100, 1500])
def test_a_mail_cut_short_breaks_nothing(delivery, cut):
    assert take(mail(POSTFIX, envelope=envelope_of(delivery))[:cut]) in ("bounce", "other", "malformed")


def test_odd_letters_in_what_a_server_says_break_nothing(delivery):
    raw = mail(POSTFIX, envelope=envelope_of(delivery), diagnostic="550 5.1.1 caf\u00e9 \u202e\x00 unbekannt")
    assert take(raw) == "bounce"
    assert take(raw.decode().encode("latin-1", "replace")) == "bounce"
    assert reason() == HARD_BOUNCE
    assert "\0" not in fresh(lambda: Suppression.of(ADA)).detail


def test_an_old_bounce_read_again_does_not_undo_the_owners_word(delivery, mail_server, work, clock):
    work()
    raw = [mail(template, envelope=envelope_of(delivery)) for template in (POSTFIX, QMAIL)]
    welcome = mail(POSTFIX, envelope=mail_server.envelopes[-1].mail_from, letter="")
    take(raw[0])
    clock.advance(days=2)
    assert lift(ADA)
    db.session.commit()
    for each in (*raw, welcome):
        take(each)
    assert reason() is None
