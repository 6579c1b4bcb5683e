"""The whole way round: a letter goes out over SMTP and comes back as mail."""

import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.returned import bounce_boxes
from app.newsletter.returned.suppressing import suppress
from app.newsletter.tasks import send_issues
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES, Suppression
from tests.newsletter.conftest import fresh
from tests.newsletter.returned.mails import COMPLAINT as ARF
from tests.newsletter.returned.mails import LEAVING, POSTFIX, mail
from tests.newsletter.sending.conftest import as_it_is, issue, readers, send, subscription_of

__all__ = ["issue"]


def reason(address):
    entry = fresh(lambda: Suppression.of(address))
    return entry and entry.reason


def test_a_letter_that_went_out_comes_back_to_its_own_address(issue, mail_server):
    readers(4)
    send(issue)
    kinds = {}
    for number, (envelope, message) in enumerate(zip(mail_server.envelopes, mail_server.received, strict=True)):
        way_out = message["List-Unsubscribe"].rpartition("mailto:")[2].partition("?")[0]
        template = [POSTFIX, ARF, LEAVING, None][number]
        address = envelope.rcpt_tos[0]
        kinds[template] = address
        if template:
            bounce_boxes.take_in(
                mail(template, envelope=envelope.mail_from, way_out=way_out, address=address), "a mail"
            )
    after = as_it_is(issue)
    assert (after.sent, after.bounced, after.complained) == (4, 1, 1)
    assert [reason(kinds[template]) for template in (POSTFIX, ARF, LEAVING, None)] == [
        HARD_BOUNCE, COMPLAINT, None, None,
    ]  # fmt: skip
    states = [fresh(lambda at=at: subscription_of(at).state) for at in kinds.values()]
    assert states == ["suppressed", "left", "left", "active"]


def test_an_issue_goes_to_nobody_who_is_suppressed_be_it_before_or_meanwhile(issue, mail_server):
    readers(3)
    suppress("reader0@example.org", HARD_BOUNCE)
    issue.schedule(now())
    issue.freeze()
    suppress("reader1@example.org", COMPLAINT)
    db.session.commit()
    send_issues.call_local()
    after = as_it_is(issue)
    assert (after.recipients, after.sent, after.skipped) == (2, 1, 1)
    assert [envelope.rcpt_tos for envelope in mail_server.envelopes] == [["reader2@example.org"]]


def through_a_maildir(app, tmp_path, raw):
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir(exist_ok=True)
    (tmp_path / "new" / "1.mail").write_bytes(raw)
    return app.test_cli_runner().invoke(args=["newsletter", "bounces", "--maildir", str(tmp_path)])


def through_a_pipe(app, _, raw):
    return app.test_cli_runner().invoke(args=["newsletter", "bounces", "-"], input=raw)


@pytest.mark.parametrize("through", [through_a_maildir, through_a_pipe])
def test_three_letters_in_a_row_that_find_a_full_mailbox(app, mail_server, clock, tmp_path, through):
    """Each a week after the last. One that arrives between begins the count anew."""
    readers(1)
    reasons = []
    for number, comes_back in enumerate((True, True, False, True, True, True)):
        letter = Issue(slug=f"letter-{number}", title="One", subject="Hello", body="Words.")
        db.session.add(letter)
        db.session.commit()
        assert send(letter).sent == 1
        if comes_back:
            [to], sender = mail_server.envelopes[-1].rcpt_tos, mail_server.envelopes[-1].mail_from
            full = {"status": "4.2.2", "diagnostic": "452 4.2.2 Mailbox full", "stage": "end of DATA"}
            result = through(app, tmp_path, mail(POSTFIX, envelope=sender, address=to, letter="", **full))
            assert (result.exit_code, result.output.splitlines()[-1]) == (0, "1 bounce")
        reasons.append(reason("reader0@example.org"))
        clock.advance(days=7)
    assert reasons == [None, None, None, None, None, SOFT_BOUNCES]
