"""An issue on its way: how far it has got, and what the owner may do about it."""

from datetime import timedelta
from html import unescape

import pytest

from app.extensions import db
from app.newsletter.issues import progress
from app.newsletter.issues.models import Issue
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sending.run import SILENCE
from tests.studio import factories
from tests.studio.desk import IssueDesk, kept


@pytest.fixture
def issue(app, clock):
    """One that goes to a hundred since a minute ago: 30 have it, 2 failed, 1 was left out."""
    issue = factories.issue("Ordinary joy")
    for number in range(100):
        factories.subscription(f"reader{number}@example.org")
    issue.schedule(clock.time)
    db.session.flush()
    issue.freeze()
    db.session.flush()
    failed = db.select(Delivery.id).order_by(Delivery.id).limit(2)
    db.session.execute(
        db.update(Delivery)
        .where(Delivery.id.in_(failed.scalar_subquery()))
        .values(failed_at=clock.time, answer="550 5.1.1 <No> such user", attempts=1)
    )
    progress.count(issue.id, sent=30, failed=2, skipped=1)
    db.session.commit()
    clock.advance(minutes=1)
    return kept(issue)


@pytest.fixture
def desk(owner, issue):
    return IssueDesk(owner, issue)


def test_the_page_tells_how_far_it_has_got_how_fast_and_how_long_still(desk):
    page = desk.get("/progress").text
    assert "33 of 100, 33.0%" in page
    assert 'max="100" value="33"' in page
    assert "0.5 a second, 2 minutes left" in page
    assert 'data-refresh="2"' in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_those_who_are_not_due_yet_are_waited_for_in_words(desk, clock):
    waiting = db.update(Delivery).where(Delivery.failed_at.is_(None))
    db.session.execute(waiting.values(due_at=clock.time + timedelta(hours=8)))
    db.session.commit()
    page = desk.get("/progress").text
    assert "the next goes Nov 23, 2026, 12:01 PM EST" in page
    assert "a second," not in page


@pytest.mark.parametrize(
    ("kept_words", "said"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "The mail server cannot be reached."),
        ("gaierror: [Errno -2] Name or service not known", "The mail server cannot be reached."),
        ("SMTPServerDisconnected: Connection unexpectedly closed", "The mail server broke off the conversation."),
        ("the server hung up", "The mail server broke off the conversation."),
        ("no answer within 20 s", "The mail server does not answer."),
        ("SSLCertVerificationError: certificate has expired", "No secure connection to the mail server could be made."),
        ("SMTPAuthenticationError: (454, b'later')", "The mail server does not take the log-in just now."),
        ("SMTPConnectError: (421, b'busy')", "The mail server does not take letters just now."),
        ("421 4.3.2 going down", "The mail server does not take letters just now."),
        ("OperationalError: disk full", "Something went wrong on the site itself."),
    ],
)
def test_trouble_is_told_in_words_with_the_technical_ones_after_them(desk, issue, kept_words, said):
    progress.note_trouble(issue.id, kept_words)
    db.session.commit()
    page = unescape(desk.get("/progress").text)
    assert f"<b>It waits:</b> {said} The site keeps trying." in page
    assert f"In technical words: <bdi>{kept_words}</bdi>" in page


def test_while_there_is_trouble_nothing_is_said_of_how_fast_it_goes(desk, issue, clock):
    desk.post("/pause", reason="")
    desk.post("/resumption")
    progress.count(issue.id, sent=20)
    progress.note_trouble(issue.id, SILENCE)
    db.session.commit()
    clock.advance(seconds=10)
    page = desk.get("/progress").text
    assert f"<b>It waits:</b> <bdi>{SILENCE}</bdi>" in page, "what is a sentence stays one"
    assert "a second," not in page
    assert "It goes on" not in page
    progress.note_trouble(issue.id, "")
    db.session.commit()
    page = desk.get("/progress").text
    assert "2.0 a second, less than a minute left" in page
    assert "It waits" not in page


def test_what_failed_is_listed_with_the_servers_words(desk):
    page = desk.get("/progress").text
    assert "reader0@example.org" in page
    assert "550 5.1.1 &lt;No&gt; such user" in page
    assert "reader2@example.org" not in page


def test_it_is_paused_with_a_reason_and_goes_on(desk, issue, clock):
    assert desk.post("/pause", reason="A slip in the second line").status_code == 303
    assert kept(issue).state == "paused"
    page = desk.get("/progress").text
    assert "A slip in the second line" in page
    assert "a second," not in page
    assert "data-refresh" not in page
    clock.advance(hours=5)
    assert desk.post("/resumption").status_code == 303
    assert kept(issue).state == "sending"
    assert "a second," not in desk.get("/progress").text, "the five hours say nothing of how fast it goes now"
    progress.count(issue.id, sent=20)
    db.session.commit()
    clock.advance(seconds=10)
    assert "2.0 a second, less than a minute left" in desk.get("/progress").text


def test_it_is_cancelled_after_a_question_that_tells_who_has_it(desk, issue):
    question = desk.get("/cancellation").text
    assert "30 of 100 have it already" in question
    assert "The other 67" in question
    assert desk.post("/cancellation").status_code == 303
    assert kept(issue).state == "cancelled"
    page = desk.get("/progress").text
    assert "67 did not get it" in page
    assert "<dt>Not sent</dt><dd>67" in page
    assert "Waiting" not in page, "nobody waits for it any more"
    assert "33 of 100, 33.0%" in page
    assert desk.post("/resumption").status_code == 409


def test_a_public_one_stays_in_the_archive_when_cancelled_and_the_owner_is_told_how_to_take_it_out(desk, issue, client):
    assert "archive" not in desk.get("/cancellation").text
    issue.is_public = True
    db.session.commit()
    assert f'href="{desk.path}/numbers">take it off the site' in desk.get("/cancellation").text
    assert "still" not in desk.get("/progress").text
    desk.post("/cancellation")
    page = desk.get("/progress").text
    assert "It is still" in page
    assert f'action="{desk.path}/publication"' in page
    assert client.get(f"/newsletter/archive/{issue.slug}").status_code == 200
    assert desk.post("/publication", public="no").status_code == 303
    assert client.get(f"/newsletter/archive/{issue.slug}").status_code == 404
    assert "It is still" not in desk.get("/progress").text


def test_a_public_one_that_nobody_has_leaves_the_archive_when_cancelled(desk, issue, client):
    issue.is_public, issue.sent = True, 0
    db.session.commit()
    assert "it leaves the archive when you cancel it" in desk.get("/cancellation").text
    desk.post("/cancellation")
    assert client.get(f"/newsletter/archive/{issue.slug}").status_code == 404
    assert "It is still" not in desk.get("/progress").text


def test_what_failed_is_tried_again(desk, issue):
    assert desk.post("/retries").status_code == 303
    assert kept(issue).failed == 0
    assert issue.waiting == 69
    assert "such user" not in desk.get("/progress").text


@pytest.mark.parametrize("act", ["/resumption", "/schedule/cancellation", "/deletion"])
def test_what_makes_no_sense_now_is_refused_in_words(desk, issue, act):
    answer = desk.post(act)
    assert answer.status_code == 409
    assert "This issue is sending now" in answer.text
    assert kept(issue).state == "sending"


def test_the_end_is_summed_up(desk, issue, clock):
    progress.count(issue.id, sent=67)
    db.session.execute(db.update(Issue).values(finished_at=clock.time))
    db.session.commit()
    page = desk.get("/progress").text
    assert "Nov 23, 2026, 4:01 AM EST, in 1 minute." in page
    assert "100 of 100, 100.0%" in page
    assert "data-refresh" not in page
    assert desk.get("/progress").status_code == 200


def test_the_page_counts_nothing_however_many_there_are(desk, queries):
    with queries() as sent:
        desk.get("/progress")
    assert not [statement for statement in sent if "count(" in statement.lower()]
    assert len(sent) <= 6


def test_the_overview_leads_to_what_goes_and_what_comes(owner, issue, clock):
    coming = factories.issue("Next week")
    coming.schedule(clock.time + timedelta(days=7))
    factories.issue("Only a draft")
    db.session.commit()
    page = owner.get("/studio/").text
    assert "30 of 100" in page
    assert page.index("Ordinary joy") < page.index("Next week")
    assert "Nov 30, 2026, 4:01 AM EST" in page
    assert "Only a draft" not in page
